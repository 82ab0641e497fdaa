#!/bin/sh
# Serves the Bento at BENTO_PATH; with a command, such as `diamonds keys list`, runs that in its place.
set -eu
mkdir -p "$DIAMONDS_HOME" "$BENTOML_HOME" "$TMPDIR"
if [ ! -e "$BENTOML_HOME/models" ]; then
    ln -sfn "$BENTO_PATH/models" "$BENTOML_HOME/models" # for the `diamonds` command: the Bento's own champion
fi
if [ $# -eq 0 ]; then
    set -- python -m bentoml serve "$BENTO_PATH"
fi
exec "$@"
