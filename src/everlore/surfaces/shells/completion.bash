# Completions of `lore` for bash; `lore completions bash` prints this.
_lore() {
  local value more
  COMPREPLY=()
  while IFS=$'\t' read -r value more; do
    case $value in
      :file) compopt -o default 2>/dev/null; return ;;
      :directory) compopt -o dirnames 2>/dev/null; return ;;
      *)
        # Where bash cuts words at =, only what follows it is replaced.
        [[ $COMP_WORDBREAKS == *=* ]] && [[ $value == --*=* ]] && value=${value#*=}
        COMPREPLY+=("$value")
        ;;
    esac
  done < <(command lore __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lore lore everlore
