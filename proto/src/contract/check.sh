#!/bin/sh
# Lints the contract, and holds it against the one that clients were promised, tallystick-v1.binpb.
# From the folder of the module: check.sh BUF
set -eu
buf=$1
chmod +x "$buf"
"$buf" lint src/main/protobuf
"$buf" breaking src/main/protobuf --against src/contract/tallystick-v1.binpb --exclude-imports
echo "contract: clean, and breaks nothing that was promised"
