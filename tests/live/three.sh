#!/bin/sh
# Three processes on real sockets: a login server, a supernode, a client; and what a live network refuses.
set -u
O=${O:-build}
program=$O/partyline
scenario=scenarios/live/three.yaml
work=$O/live-test
rm -rf "$work"
mkdir -p "$work/state"
echo 1..4
ok() { if [ "$1" -eq 0 ]; then echo "ok $2 /live/$3"; else echo "not ok $2 /live/$3"; fi; }

"$program" run $scenario --host login-server-1 --state "$work/state" --out "$work/server" -q >"$work/server.log" 2>&1 &
server=$!
tries=0
while [ ! -s "$work/state/login-server.pub" ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
"$program" run $scenario --host supernode-1 --state "$work/state" --out "$work/supernode" -q >"$work/supernode.log" 2>&1 &
supernode=$!
"$program" run $scenario --host peer-1 --state "$work/state" --out "$work/peer" -q >"$work/peer.log" 2>&1
code=$?
[ $code -eq 0 ] || sed 's/^/# /' "$work/peer.log" "$work/server.log" "$work/supernode.log"
kill -INT $server $supernode 2>/dev/null
wait $server $supernode 2>/dev/null
ok $code 1 three-processes-log-in
grep -q '"event":"overlay:client-online"' "$work/supernode/p0000/r00/events.jsonl"
ok $? 2 the-supernode-recorded-the-user-as-online
[ "$(stat -c %a "$work/state/login-server.key")" = 600 ] && [ -s "$work/state/peer-1.registry" ]
ok $? 3 keys-are-private-and-the-registry-is-a-file

# The seven addresses of the talk belong to other people.
"$program" run $scenario --set supernodes.bootstrap=yes --out "$work/talk" -q >"$work/talk.log" 2>&1
code=$?
[ $code -eq 2 ] && grep -q 'bootstrap entries of its own' "$work/talk.log"
ok $? 4 live-refuses-the-addresses-of-the-talk
rm -rf "$work"
