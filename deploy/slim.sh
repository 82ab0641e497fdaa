#!/bin/sh
# Removes from an environment what serving never reads: tests, sources in C, symbols of debuggers, and the parts of
# Arrow for remote storage and foreign servers.
set -eu
cd "$1"/lib/python3*/site-packages
find . -depth -type d -name tests -exec rm -r {} +
find . -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.hpp' -o -name '*.a' \) -delete
rm -f pyarrow/*arrow_flight* pyarrow/*arrow_python_flight* pyarrow/_flight* \
    pyarrow/*arrow_s3* pyarrow/_s3fs* pyarrow/_gcsfs* pyarrow/_azurefs*
# Those in folders `*.libs` were patched by the tool that made the wheel, and do not survive it.
find . -type f -name '*.so*' ! -path '*.libs/*' -size +512k -exec strip --strip-unneeded {} +
