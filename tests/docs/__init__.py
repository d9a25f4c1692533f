"""README.md and the pages in veritas/docs: every command in them is run, and every output in them is compared.

`python -m tests.docs` refreshes what is generated and has changed: the command reference, the outputs, the picture of
the terminal. `python -m tests.docs --all` makes all of them again, and the picture of the report.

In the pages a fenced block is

    sh             run line by line; each command must exit with 0, or with the status in `# exit status N` after it
    sh no-run      only parsed, because it needs the network, a server, a keyboard or the time of a whole replay
    console        commands after `$ ` with their output, which is compared; `lines=N` keeps the first N lines of each.
                   A status other than 0 has to be shown by `$ echo $?` as the next command
    python file=F  written to the file F, for the commands of the page

and anything else is text. The pages' commands run in order in one shell for each page, in a directory of its own.
"""
