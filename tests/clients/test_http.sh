#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The static HTTP server, looked at by curl, by nc where curl is too polite, and by wrk with 200 connections.

. tests/clients/lib.sh
need curl curl
need wrk wrk
need nc netcat-openbsd

root=$scratch/root
mkdir -p "$root/sub/deeper" "$scratch/outside"
echo '<h1>Pollux</h1>' >"$root/index.html"
echo 'sub' >"$root/sub/index.html"
echo 'a text' >"$root/sub/deeper/a text.txt"
printf '0123456789' >"$root/digits.bin"
: >"$root/empty.css"
head -c 600 /dev/urandom >"$root/small.png"
head -c 5000000 /dev/urandom >"$root/big"
echo secret >"$scratch/outside/secret.txt"
echo secret >"$root/.secret"
ln -s ../outside/secret.txt "$root/link.txt"
ln -s ../outside "$root/linked"
mkfifo "$root/pipe"

start_server http_server 0 "$root"
url=http://127.0.0.1:$port

get() {
    curl -sS --max-time 20 "$@"
}

# status WANTED CURL_ARGS…
status() {
    local wanted=$1 got
    shift
    got=$(get -o "$scratch/body" -D "$scratch/head" -w '%{http_code}' "$@") || true
    [ "$got" = "$wanted" ] || fail "curl $*: status $got, not $wanted"
}

has_header() {
    grep -qx "$1"$'\r\\?' "$scratch/head" || fail "no header \"$1\" in: $(cat "$scratch/head")"
}

# raw TEXT (with printf's escapes): what comes back, with the server's last word
raw() {
    # shellcheck disable=SC2059
    printf "$1" | timeout 20 nc -N 127.0.0.1 "$port" | tr -d '\r'
}

# answered STATUS TEXT
answered() {
    raw "$2" >"$scratch/body"
    [[ $(head -n 1 "$scratch/body") = "HTTP/1.1 $1 "* ]] || fail "status $1 was expected after $2: $(cat "$scratch/body")"
}

# ---- files, as they are ------------------------------------------------------------------------------------

for file in index.html digits.bin empty.css small.png big sub/index.html; do
    status 200 "$url/$file"
    cmp "$scratch/body" "$root/$file" || fail "$file came different"
    has_header "Content-Length: $(stat -c %s "$root/$file")"
done
status 200 "$url/"
cmp "$scratch/body" "$root/index.html"
has_header 'Content-Type: text/html; charset=utf-8'
has_header 'Date: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] [0-9:]\{8\} GMT'
status 200 "$url/small.png"
has_header 'Content-Type: image/png'
status 200 "$url/sub/deeper/a%20text.txt?version=1&x=%00"
cmp "$scratch/body" "$root/sub/deeper/a text.txt"
status 200 "$url/./sub//deeper/%61%20text.txt" --path-as-is
status 301 "$url/sub"
has_header 'Location: /sub/'
status 200 -L "$url/sub"
status 200 -I "$url/big"
[ ! -s "$scratch/body" ] || grep -q '^HTTP' "$scratch/body" || fail "HEAD has brought a body"
has_header 'Content-Length: 5000000'

# ---- parts, and what has not changed -----------------------------------------------------------------------

part() {
    status 206 -r "$1" "$url/digits.bin"
    [ "$(cat "$scratch/body")" = "$2" ] || fail "range $1: \"$(cat "$scratch/body")\", not \"$2\""
    has_header "Content-Range: bytes $3/10"
}
part 0-0 0 0-0
part 3-5 345 3-5
part 7- 789 7-9
part -4 6789 6-9
part -40 0123456789 0-9
part 5-999 56789 5-9
status 416 -r 10-11 "$url/digits.bin"
has_header 'Content-Range: bytes \*/10'
status 200 -H 'Range: bytes=5-3' "$url/digits.bin"
status 206 -r 100000-4900000 "$url/big"
cmp -i 100000:0 -n 4800001 "$root/big" "$scratch/body"
status 304 -z "$root/index.html" "$url/"
status 200 -z '1 Jan 2001' "$url/"

# ---- nothing but what is below the root --------------------------------------------------------------------

for path in /../outside/secret.txt /sub/../../outside/secret.txt /%2e%2e/outside/secret.txt /..%2foutside%2fsecret.txt \
    /link.txt /linked/secret.txt /linked/ //etc/passwd /sub/..; do
    status 404 --path-as-is "$url$path"
    ! grep -q -e secret -e root: "$scratch/body" || fail "$path got out"
done
status 404 "$url/nothing"
status 404 "$url/index.html/more"
status 404 "$url/sub/deeper/"
status 403 "$url/pipe"
status 400 "$url/a%00b"
status 400 "$url/a%zz"
status 414 "$url/$(head -c 2000 /dev/zero | tr '\0' a)"
status 414 "$url/$(head -c 9000 /dev/zero | tr '\0' a)"
status 431 -H "X: $(head -c 20000 /dev/zero | tr '\0' a)" "$url/"
# More than is read before it is refused, by a client that looks for an answer only when all is out: the connection must
# not be torn down meanwhile, and the answer with it.
exec {socket}<>"/dev/tcp/127.0.0.1/$port"
(
    printf 'GET / HTTP/1.1\r\nX: '
    head -c 500000 /dev/zero | tr '\0' a
) | cat >&"$socket" || fail "the server does not let the client finish"
IFS= read -r -u "$socket" answer || fail "the answer is lost"
exec {socket}>&-
[[ $answer = 'HTTP/1.1 431 '* ]] || fail "status 431 was expected: $answer"
status 405 -X DELETE "$url/index.html"
has_header 'Allow: GET, HEAD'
status 405 -d 'a body' "$url/index.html"
has_header 'Connection: close'
answered 400 'GET /\r\n\r\n'
answered 505 'GET / HTTP/2.0\r\n\r\n'
answered 400 'GET / HTTP/1.1\r\n\r\n' # no Host
answered 400 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'
answered 400 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'
answered 400 'GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n'
answered 200 'GET http://a/index.html HTTP/1.1\r\nHost: a\r\n\r\n'

# ---- connections: kept, closed, and several requests at once -----------------------------------------------

[ "$(get -o "$scratch/body" -o "$scratch/body" -w '%{num_connects}' "$url/" "$url/digits.bin")" = 10 ] ||
    fail "the connection was not kept"
get -o "$scratch/body" -D "$scratch/head" -H 'Connection: close' "$url/"
has_header 'Connection: close'
raw 'GET / HTTP/1.0\r\n\r\n' >"$scratch/head"
has_header 'Connection: close'

in_order=$(raw 'GET /digits.bin HTTP/1.1\r\nHost: a\r\n\r\nHEAD /big HTTP/1.1\r\nHost: a\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r
GET /sub/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n' |
    grep -a -e '^HTTP' -e '^sub$' -e '0123456789' | tr '\n' ' ')
wanted='HTTP/1.1 200 OK 0123456789HTTP/1.1 200 OK HTTP/1.1 404 Not Found HTTP/1.1 200 OK sub '
[ "$in_order" = "$wanted" ] || fail "pipelined requests: \"$in_order\""

# A hundred requests in one piece: more answers than are gathered at once.
for ((i = 0; i < 100; i++)); do
    printf 'GET /%s HTTP/1.1\r\nHost: a\r\n\r\n' $([ $((i % 10)) = 9 ] && echo big || echo small.png)
done | timeout 20 nc -N 127.0.0.1 "$port" >"$scratch/body"
[ "$(grep -ao 'HTTP/1.1 200 OK' "$scratch/body" | wc -l)" = 100 ] || fail "not all of 100 pipelined requests were answered"
[ "$(stat -c %s "$scratch/body")" -gt $((10 * 5000000 + 90 * 600)) ] || fail "pipelined requests: bytes are missing"

# ---- wrk ---------------------------------------------------------------------------------------------------

check_wrk() {
    wrk -t 2 -c 200 -d "$1" --timeout 10s --latency "$2" >"$scratch/wrk"
    grep -E 'requests in|Requests/sec|Transfer/sec|50%|99%' "$scratch/wrk"
    ! grep -E 'Socket errors|Non-2xx' "$scratch/wrk" || fail "wrk met errors"
    [ "$(awk '/requests in/ { print $1 }' "$scratch/wrk")" -gt 0 ] || fail "wrk got too little"
}
check_wrk 1 "$url/small.png"
check_wrk 1 "$url/big"
stop_server

# ---- the same with a trace ---------------------------------------------------------------------------------

export POLLUX_TRACE=$scratch/http.jsonl
start_server http_server 0 "$root"
for ((i = 0; i < 10; i++)); do
    get -o "$scratch/body" "http://127.0.0.1:$port/small.png" -o "$scratch/body" "http://127.0.0.1:$port/big"
done
cmp "$scratch/body" "$root/big"
stop_server
unset POLLUX_TRACE
check_trace "$scratch/http.jsonl"
