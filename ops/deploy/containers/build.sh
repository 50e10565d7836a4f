#!/bin/sh
# Builds the images that ./tallystick test --containers runs against, on this machine's Docker daemon. No registry is asked: the
# base is Debian from the mirror that apt knows here, and Kafka's jars come from Maven. What is there and up to date, stays.
#   build.sh [--again]      --again builds all anew
# Needs docker, Maven with a JDK, and debootstrap as root or with sudo. DEBIAN_MIRROR=URL names a mirror where apt knows none.
set -eu

SUITE=bookworm     # the Debian that has PostgreSQL 15
UNAVAILABLE=69     # exit code: something needed is not there

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
build=$root/ops/target/containers
log=$build/images.log
kafka_version=$(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$root/pom.xml")
again=
[ "${1:-}" != --again ] || again=yes

say() { printf 'containers: %s\n' "$*" >&2; }

unavailable() {
    say "$1"
    shift
    for line in "$@"; do say "  $line"; done
    exit $UNAVAILABLE
}

failed() {
    tail -n 20 "$log" >&2
    say "$1: failed; all of it is in $log"
    exit 70
}

need() {
    command -v "$1" >/dev/null || unavailable "$1: not found (expected: on PATH)" "get it, for example: apt install $2"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

mirror() {
    if [ -n "${DEBIAN_MIRROR:-}" ]; then
        echo "$DEBIAN_MIRROR"
    elif command -v apt-get >/dev/null; then
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
    fi
}

# A digest of everything that an image is made of: the given words and the files of folder $1.
inputs() {
    folder=$1
    shift
    { echo "$@"; find "$folder" -type f | sort | xargs cat; } | sha256sum | cut -d ' ' -f 1
}

# True when image $1 was made of inputs $2.
is_built() {
    [ -z "$again" ] && [ "$(docker image inspect --format '{{index .Config.Labels "tallystick.inputs"}}' "$1" 2>/dev/null)" = "$2" ]
}

# Image $1: Debian's smallest, with package $2.
base() {
    key=$(echo "$SUITE $2" | sha256sum | cut -d ' ' -f 1)
    if is_built "$1" "$key"; then
        say "image $1: is there"
        return
    fi
    need debootstrap debootstrap
    [ "$(id -u)" = 0 ] || need sudo sudo
    from=$(mirror)
    [ -n "$from" ] || unavailable "Debian mirror: none in apt's configuration (expected: one, or its address in DEBIAN_MIRROR)"
    say "image $1: building Debian $SUITE with $2 (a minute or two)"
    tree=$build/tree
    as_root rm -rf --one-file-system "$tree"
    mkdir -p "$build/packages"
    as_root debootstrap --variant=minbase --include="$2" --cache-dir="$build/packages" "$SUITE" "$tree" "$from" >"$log" 2>&1 ||
        failed "debootstrap"
    as_root tar -C "$tree" --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' --exclude='./var/cache/apt/*' \
        --exclude='./var/lib/apt/lists/*' -cf - . >"$build/tree.tar" || failed "tar"
    as_root rm -rf --one-file-system "$tree"
    docker import --change "LABEL tallystick.inputs=$key" "$build/tree.tar" "$1" >"$log" 2>&1 || failed "docker import"
    rm "$build/tree.tar"
}

# Image $1 from folder $2 on top of base $3; further words are inputs too.
image() {
    say "image $1: building"
    DOCKER_BUILDKIT=0 docker build --network none --build-arg "BASE=$3" --label "tallystick.inputs=$4" --tag "$1" "$2" >"$log" 2>&1 ||
        failed "docker build"
}

kafka() {
    name=tallystick/kafka:$kafka_version
    jre=tallystick/debian-openjdk-17:$SUITE
    base "$jre" openjdk-17-jre-headless
    key=$(inputs "$here/kafka" "$kafka_version" "$(docker image inspect --format '{{.Id}}' "$jre")")
    if is_built "$name" "$key"; then
        say "image $name: is there"
        return
    fi
    need mvn maven
    say "image $name: copying the jars of Kafka $kafka_version from Maven"
    context=$build/kafka
    rm -rf "$context"
    mkdir -p "$context"
    cp "$here/kafka/Dockerfile" "$here/kafka/run" "$context"
    mvn -B -Dquick -f "$here/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$context/libs" >"$log" 2>&1 || failed "mvn dependency:copy-dependencies"
    image "$name" "$context" "$jre" "$key"
}

postgres() {
    name=tallystick/postgres:15
    debian=tallystick/debian-postgresql-15:$SUITE
    base "$debian" postgresql-15
    key=$(inputs "$here/postgres" "$(docker image inspect --format '{{.Id}}' "$debian")")
    if is_built "$name" "$key"; then
        say "image $name: is there"
        return
    fi
    image "$name" "$here/postgres" "$debian" "$key"
}

need docker docker.io
mkdir -p "$build"
kafka
postgres
