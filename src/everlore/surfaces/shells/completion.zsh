#compdef lore everlore
# Completions of `lore` for zsh; `lore completions zsh` prints this.
_lore() {
  local line value
  local -a found lines
  lines=("${(@f)$(command lore __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    value=${line%%$'\t'*}
    case $value in
      (:file) _files; return ;;
      (:directory) _files -/; return ;;
    esac
    if [[ $line == *$'\t'* ]]; then
      found+=("${value//:/\\:}:${line#*$'\t'}")
    else
      found+=("${value//:/\\:}")
    fi
  done
  (( $#found )) && _describe -V 'lore' found
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }
compdef _lore lore everlore
