#!/bin/sh
# Makes roots of Debian 12 with its Python 3.11, which stand for the images of Python that our Dockerfiles start from:
#   sh scripts/debian.sh FOLDER
# Needs root and debootstrap. `bookworm` has what builds, `slim-bookworm` only what runs.
set -eu
mkdir -p "$1"
folder=$(realpath "$1")
[ ! -e "$folder/complete" ] || exit 0
packages=python3,python3-venv,python-is-python3,ca-certificates
command -v debootstrap >/dev/null || { echo "There is no debootstrap here; on Debian and Ubuntu: apt install debootstrap" >&2; exit 1; }
for name in slim-bookworm bookworm; do
    rm -rf "${folder:?}/$name"
    # In a namespace of its own, with which its mounts end.
    unshare --mount --propagation private debootstrap --variant=minbase --include=$packages bookworm "$folder/$name" >&2
    cp /etc/resolv.conf /etc/hosts "$folder/$name/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$folder/$name/etc/ssl/certs/" # a registry may have a certificate of its own
    packages=$packages,binutils,libgomp1
done
touch "$folder/complete"
