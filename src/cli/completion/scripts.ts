/**
 * The scripts by which shells complete `energy`. Each asks `energy __complete`
 * and passes on what it says: a candidate a line, a tab and its description;
 * `:files energy uai` or `:folders` where the shell is to list paths itself.
 */

import type { Shell } from './shells.ts';

/** Text as it stands, but for `\\${`, which is a dollar and a brace. */
const script = (text: TemplateStringsArray): string => text.raw.join('').replaceAll('\\${', '${');

const bash = script`# Completion of energy in bash. In ~/.bashrc:  eval "$(energy completion bash)"
_energy_complete() {
  local name=$1 word line value file ext tail before='' quoted='' glued='' raw i
  local -a words extensions
  local paths='' breaks=''
  [[ $name =~ ^[A-Za-z0-9_./~+-]+$ ]] || name=energy
  words=()
  # bash splits words at = and :, which belong to them here.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    raw=\${COMP_WORDS[i]} word=$raw quoted=''
    case $word in
      \'*) quoted=1 word=\${word#\'} word=\${word%\'} ;;
      \"*) quoted=1 word=\${word#\"} word=\${word%\"} ;;
      \~/*) ((i < COMP_CWORD)) && word=$HOME\${word#\~} ;;
    esac
    [[ $raw == \'* ]] || word=\${word//\\/}
    if ((\${#words[@]} > 0)) && [[ $raw =~ ^[=:]+$ || -n $glued ]] &&
      [[ -n $raw || \${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    glued=''
    [[ $raw =~ ^[=:]+$ ]] && glued=1
  done
  word=''
  ((\${#words[@]} > 0)) && word=\${words[\${#words[@]}-1]}
  # Only what follows the last of them is replaced.
  if [[ -z $quoted ]]; then
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
    if [[ -n $breaks && $word == *["$breaks"]* ]]; then
      tail=\${word##*["$breaks"]}
      before=\${word%"$tail"}
    fi
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files*) paths=files; read -r -a extensions <<<"\${line#:files}" ;;
      :folders) paths=folders ;;
      *) value=\${line%%$'\t'*}; COMPREPLY+=("\${value#"$before"}") ;;
    esac
  done < <(eval "$name"' __complete -- "\${words[@]}"' 2>/dev/null)
  if [[ -n $paths ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
      if [[ -d \${file/#\~/$HOME} ]]; then
        COMPREPLY+=("$file")
      elif [[ $paths == files ]]; then
        ((\${#extensions[@]} == 0)) && COMPREPLY+=("$file")
        for ext in "\${extensions[@]}"; do
          [[ $file == *."$ext" ]] && COMPREPLY+=("$file")
        done
      fi
    done < <(compgen -f -- "$word")
  fi
  if ((\${#COMPREPLY[@]} == 1)) && [[ \${COMPREPLY[0]} == *[=/] ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _energy_complete energy
`;

const zsh = script`#compdef energy
# Completion of energy in zsh. In ~/.zshrc, after compinit:  eval "$(energy completion zsh)"
# or in a file _energy of a folder of fpath.
_energy() {
  local line value doc name=\${words[1]}
  local -a typed values shown open openshown extensions
  local paths=''
  [[ $name =~ '^[A-Za-z0-9_./~+-]+$' ]] || name=energy
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  for line in "\${(@f)$(eval "$name"' __complete -- "\${typed[@]}"' 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files*) paths=files; extensions=(\${=line#:files}) ;;
      :folders) paths=folders ;;
      *)
        value=\${line%%$'\t'*}
        doc=$value
        [[ $line == *$'\t'* ]] && doc="$value  -- \${line#*$'\t'}"
        if [[ $value == *[=/] ]]; then
          open+=("$value"); openshown+=("$doc")
        else
          values+=("$value"); shown+=("$doc")
        fi ;;
    esac
  done
  (( $#values )) && compadd -l -d shown -a -- values
  (( $#open )) && compadd -l -S '' -d openshown -a -- open
  case $paths in
    files)
      if (( $#extensions )); then _files -g "*.(\${(j:|:)extensions})"; else _files; fi ;;
    folders) _files -/ ;;
  esac
  return 0
}
if [[ \${funcstack[1]} == _energy ]]; then
  _energy "$@"
else
  compdef _energy energy
fi
`;

const fish = script`# Completion of energy in fish:  energy completion fish > ~/.config/fish/completions/energy.fish
function __energy_complete
    set -l typed (commandline -ct)
    set -l words (commandline -opc)
    set -l name $words[1]
    set -e words[1]
    for line in ($name __complete -- $words "$typed" 2>/dev/null)
        switch $line
            case ':files*'
                set -l extensions (string split ' ' -- $line)
                set -e extensions[1]
                if test (count $extensions) -eq 0
                    __fish_complete_path "$typed"
                else
                    set -l ending (string join '|' -- $extensions)
                    __fish_complete_path "$typed" | string match -r -- "^.*(?:/|\\.(?:$ending))(?:\\t.*)?\$"
                end
            case ':folders'
                __fish_complete_directories "$typed" ''
            case '*'
                echo $line
        end
    end
end
complete -c energy -f -a '(__energy_complete)'
`;

const powershell = script`# Completion of energy in PowerShell. In $PROFILE:  energy completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName energy -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    $name = $words[0]
    $before = @($words | Select-Object -Skip 1)
    # Empty words are lost on their way to a program: a flag says that one begins.
    $fresh = @()
    if ($wordToComplete -eq '') { $fresh = @('--next') }
    $lines = @(& $name __complete @fresh -- @before 2>$null)
    foreach ($line in $lines) {
        if ($line.StartsWith(':')) {
            $extensions = @($line.Split(' ') | Select-Object -Skip 1 | ForEach-Object { ".$_" })
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) | Where-Object {
                $_.ResultType -eq 'ProviderContainer' -or
                ($line.StartsWith(':files') -and ($extensions.Count -eq 0 -or
                    $extensions -contains [System.IO.Path]::GetExtension($_.ListItemText)))
            }
        } else {
            $value, $doc = $line.Split([char]9, 2)
            if (-not $doc) { $doc = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $doc)
        }
    }
}
`;

/** The script of each shell. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, powershell };
