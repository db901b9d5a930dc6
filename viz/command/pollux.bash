# SPDX-License-Identifier: MIT
#
# Completion of `pollux` for bash. `make install` puts it where bash-completion finds it.

_pollux_files() {
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        COMPREPLY+=("$name")
    done < <(compgen -f -X "!$1" -- "$2"; compgen -d -- "$2")
}

_pollux() {
    local commands='play view picture record recover lesson check schema help version'
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options=
    COMPREPLY=()

    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$commands --help --version" -- "$current"))
        return
    fi
    case $before in
    --panel) COMPREPLY=($(compgen -W 'chain scheduler reactor log why' -- "$current")); return ;;
    --at) COMPREPLY=($(compgen -W 'end' -- "$current")); return ;;
    --size) COMPREPLY=($(compgen -W '80x24 100x30 120x40 160x50 1280x720 1920x1080' -- "$current")); return ;;
    --png) _pollux_files '*.png' "$current"; return ;;
    -o | --output)
        [ "${COMP_WORDS[1]}" = picture ] && _pollux_files '*.svg' "$current" || _pollux_files '*.jsonl' "$current"
        return
        ;;
    --task | --find | --scale) return ;;
    esac

    case ${COMP_WORDS[1]} in
    play) options='--at --run --ascii --no-color --sdl --png --size --light --presenter --no-motion --help' ;;
    picture) options='--at --find -o --output --size --scale --task --light --all --number --help' ;;
    view) options='--at --size --plain --color --ascii --panel --task --help' ;;
    record) options='-o --output --help' ;;
    recover) options='--help' ;;
    schema) options='--markdown --help' ;;
    help) COMPREPLY=($(compgen -W "$commands" -- "$current")); return ;;
    lesson | check)
        options=--help
        [ "${COMP_WORDS[1]}" = lesson ] && options='--demo --help'
        COMPREPLY=($(compgen -W "$(ls lessons 2>/dev/null | grep -o '^[0-9]*') $options" -- "$current"))
        return
        ;;
    esac
    case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *)
        case ${COMP_WORDS[1]} in
        play | view | picture | recover) _pollux_files '*.jsonl' "$current" ;;
        record) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -c -- "$current")) ;;
        esac
        ;;
    esac
}

complete -F _pollux pollux
complete -F _pollux ./pollux
