"""Completion of command lines: what a shell sources, and what answers it when somebody presses Tab.

A script asks the command that was typed, path included, for on a laptop it is ``.venv/bin/orders`` and on no path.
"""

import os
from enum import StrEnum
from typing import Annotated

import typer

ASKED_BY = "_ORDERS_COMPLETE"
"""The variable by which a shell asks for completions; typer derives it from the command's name."""

_BASH = r"""# In ~/.bashrc: source <(orders completion bash)
_orders_completion() {
    # Bash breaks words at colons, which names of rules have: they are joined, and what is before them isn't repeated.
    local IFS=$'\n' word last=-1 words=()
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if (( last > 0 )) && [[ $word == :* || ${words[last]} == *: && -n $word ]]; then
            words[last]+=$word
        else
            words[++last]=$word
        fi
    done
    COMPREPLY=( $(COMP_WORDS="${words[*]}" COMP_CWORD=$last _ORDERS_COMPLETE=complete_bash "$1") )
    [[ ${words[last]} == *:* && $COMP_WORDBREAKS == *:* ]] || return 0
    COMPREPLY=( "${COMPREPLY[@]#"${words[last]%"${words[last]##*:}"}"}" )
}
complete -o default -F _orders_completion orders
"""

_ZSH = r"""#compdef orders
# In ~/.zshrc, after compinit: source <(orders completion zsh)
_orders_completion() {
    eval "$(_TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _ORDERS_COMPLETE=complete_zsh "${(Q)words[1]}")"
}
compdef _orders_completion orders
"""

_FISH = r"""# In ~/.config/fish/config.fish: orders completion fish | source
function __orders_completion
    set -l typed (commandline -opc)
    env _ORDERS_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \
        _TYPER_COMPLETE_ARGS=(commandline -cp) $typed[1]
end
complete --command orders --no-files --condition '__orders_completion is-args' \
    --arguments '(__orders_completion get-args)'
"""


class Shell(StrEnum):
    """The shells that command lines are completed in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def register(app: typer.Typer) -> None:
    """Adds ``completion``."""

    @app.command(rich_help_panel="On your machine")
    def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
        """Print what makes your shell complete commands, options and values; its first lines say where it goes."""
        typer.echo(SCRIPTS[shell], nl=False)


def prepare() -> None:
    """Sets up the answering of a shell, if one asks; otherwise nothing, for it takes time to load."""
    if ASKED_BY in os.environ:
        from typer.completion import get_completion_inspect_parameters

        # Registers typer's forms of answers; only its own options for installing would do so otherwise.
        get_completion_inspect_parameters()
