#compdef p11gate
# SPDX-License-Identifier: BSD-2-Clause
# zsh completion for p11gate(1). Verbs and options are those that `p11gate help` has, with what it says of them.

# Lines "  NAME  TEXT" of the help, or of a verb's, as "NAME:TEXT"; the name is a pattern for sed.
_p11gate_lines()
{
    local command=${(Q)words[1]} name=$1
    shift
    $command help "$@" 2>/dev/null | sed -n "s/^  \\($name\\)\\( [A-Z]\\{1,\\}\\)\\{0,1\\}  *\\(.*\\)/\\1:\\3/p"
}

_p11gate()
{
    local -a found

    if (( CURRENT == 2 )) || [[ $words[2] == help ]]; then
        found=(${(f)"$(_p11gate_lines '[a-z]\{1,\}')"})
        _describe verb found
    elif [[ $PREFIX == -* ]]; then
        found=(${(f)"$(_p11gate_lines '--[a-z]\{1,\}' "${(Q)words[2]}")"})
        _describe -o option found
    elif [[ $words[CURRENT-1] == --user ]]; then
        _users
    elif [[ $words[2] == doctor ]]; then
        _hosts
    elif [[ $words[CURRENT-1] != --key ]]; then
        _files
    fi
}

_p11gate "$@"
