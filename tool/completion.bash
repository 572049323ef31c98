# SPDX-License-Identifier: BSD-2-Clause
# bash completion for p11gate(1). Verbs and options are those that `p11gate help` has.

_p11gate_verbs()
{
    "$1" help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p'
}

_p11gate_options()
{
    "$1" help "$2" 2>/dev/null | grep -o -e '--[a-z]\{1,\}' | sort -u
}

_p11gate()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ] || [ "${COMP_WORDS[1]}" = help ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_p11gate_verbs "$1")" -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_p11gate_options "$1" "${COMP_WORDS[1]}")" -- "$word")
    elif [ "$before" = --user ]; then
        mapfile -t COMPREPLY < <(compgen -u -- "$word")
    elif [ "${COMP_WORDS[1]}" = doctor ]; then
        mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
    elif [ "$before" != --key ]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}

complete -F _p11gate p11gate
