# Completions of `lore` for fish; `lore completions fish` prints this.
function __lore_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (command lore __complete $words[2..-1] 2>/dev/null)
    switch "$found[1]"
        case ':file'
            __fish_complete_path (commandline -ct)
        case ':directory'
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\n' $found
    end
end
complete -c lore -f -k -a '(__lore_complete)'
complete -c everlore -f -k -a '(__lore_complete)'
