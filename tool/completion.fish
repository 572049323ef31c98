# SPDX-License-Identifier: BSD-2-Clause
# fish completion for p11gate(1). Verbs and options are those that `p11gate help` has.

function __p11gate_verbs
    p11gate help 2>/dev/null | string replace -rf '^  ([a-z]+) +(.*)' '$1\t$2'
end

function __p11gate_options
    set -l words (commandline -opc)
    p11gate help $words[2] 2>/dev/null | string match -ar -- '--[a-z]+' | sort -u
end

# What is to come: verb, option, none (of which nothing is known), file.
function __p11gate_next
    set -l words (commandline -opc)
    if test (count $words) -eq 1; or test "$words[2]" = help
        echo verb
    else if string match -q -- '-*' (commandline -ct)
        echo option
    else if test "$words[-1]" = --key
        echo none
    else
        echo file
    end
end

complete -c p11gate -n 'test (__p11gate_next) = verb' -f -a '(__p11gate_verbs)'
complete -c p11gate -n 'test (__p11gate_next) = option' -f -a '(__p11gate_options)'
complete -c p11gate -n 'test (__p11gate_next) = none' -f
