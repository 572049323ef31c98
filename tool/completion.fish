# SPDX-License-Identifier: BSD-2-Clause
# fish completion for p11gate(1). Verbs and options are those that `p11gate help` has, with what it says of them.

# Lines "  NAME  TEXT" of the help, or of a verb's, as fish wants them; the name is a regular expression.
function __p11gate_lines
    set -l words (commandline -opc)
    $words[1] help $argv[2..-1] 2>/dev/null | string replace -rf "^  ($argv[1])(?: [A-Z]+)? +(.*)" '$1\t$2'
end

function __p11gate_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    if test (count $words) -eq 1; or test "$words[2]" = help
        __p11gate_lines '[a-z]+'
    else if string match -q -- '-*' $word
        __p11gate_lines '--[a-z]+' $words[2]
    else if test "$words[-1]" = --user
        string match -- "$word*" (__fish_complete_users | string replace -r '\t.*' '')
    else if test "$words[2]" = doctor
        string match -- "$word*" (__fish_print_hostnames)
    else if test "$words[-1]" != --key
        __fish_complete_path $word
    end
end

complete -c p11gate -f -a '(__p11gate_complete)'
