#!/usr/bin/env bash
# Installs what tests (`deps.sh tests`) or benches (`deps.sh benches`) need: Debian packages, and for tests WebRTC clients
# from PyPI and npm. Says what is missing where it may not.
source "$(dirname "$0")/lib.sh"

missing=()
case "${1:-tests}" in
tests)
  have chromium || missing+=(chromium)
  have chromedriver || missing+=(chromium-driver)
  have firefox-esr || missing+=(firefox-esr)
  have valgrind || missing+=(valgrind)
  # Bad networks, in namespaces that only root may make.
  have ip || missing+=(iproute2)
  have nft || missing+=(nftables)
  have conntrack || missing+=(conntrack)
  # WebRTC clients that nobody here wrote: GStreamer, and what aiortc and werift run on.
  [ -n "$(find /usr/lib -name libgstwebrtc.so -print -quit)" ] || missing+=(gstreamer1.0-plugins-bad gir1.2-gst-plugins-bad-1.0)
  [ -n "$(find /usr/lib -name libgstnice.so -print -quit)" ] || missing+=(gstreamer1.0-nice)
  [ -n "$(find /usr/lib -name libgstvpx.so -print -quit)" ] || missing+=(gstreamer1.0-plugins-base gstreamer1.0-plugins-good)
  /usr/bin/python3 -c 'import gi' 2>/dev/null || missing+=(python3-gst-1.0)
  /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  # An SMS gateway with an SMSC behind it, and one for SMPP.
  have bearerbox || missing+=(kannel)
  [ -x /usr/lib/kannel/test/drive_smpp ] || missing+=(kannel-extras)
  # Holds connections by being slow.
  have slowhttptest || missing+=(slowhttptest)
  # Reverse proxies to stand behind.
  [ -x /usr/sbin/nginx ] || have nginx || missing+=(nginx-light)
  [ -x /usr/sbin/haproxy ] || have haproxy || missing+=(haproxy)
  # A tester of TLS, and what it is tried on.
  have testssl || missing+=(testssl.sh)
  have openssl || missing+=(openssl)
  # The other database. Its own cluster would only be started to be left alone, so none is made.
  [ -n "$(find /usr/lib/postgresql -path '*/bin/initdb' -print -quit 2>/dev/null)" ] || missing+=(postgresql)
  # An authenticator's codes by another implementation than ours.
  have oathtool || missing+=(oathtool)
  have npm || missing+=(nodejs npm)
  # Without any font Chromium draws no text at all.
  [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[to]t[fc]' -print -quit 2>/dev/null)" ] || missing+=(fonts-dejavu-core)
  ;;
benches)
  have janus || missing+=(janus)
  have ip || missing+=(iproute2)
  ;;
*) fail "deps.sh knows 'tests' and 'benches', not '$1'." ;;
esac
# Clients with all that they stand on, in a folder of their own and in fixed versions. node-datachannel brings libdatachannel
# built, in a package beside it.
AIORTC=1.16.0 AIOSMTPD=1.4.6 ICALENDAR=7.3.2 WERIFT=0.25.2 DATACHANNEL=0.33.4 SMPP=0.5.1 JSQR=1.4.0
# Testers of the HTTP interface and of TLS; sslyze wants an older cryptography than the clients, so they have a place of their own.
SCHEMATHESIS=4.32.5 SSLYZE=6.3.1 CSP_EVALUATOR=1.1.8
install_clients() {
  local clients="$TOOLS_DIR/clients"
  if ! "$clients/venv/bin/python" -c "import sys, aiortc, numpy; sys.exit(aiortc.__version__ != '$AIORTC')" 2>/dev/null; then
    say "installing aiortc $AIORTC"
    { rm -rf "$clients/venv" && /usr/bin/python3 -m venv "$clients/venv" && "$clients/venv/bin/pip" install --quiet --disable-pip-version-check "aiortc==$AIORTC" numpy; } ||
      fail "aiortc could not be installed: check the network."
  fi
  # A mail server, and a calendar that reads what is sent through it.
  if ! "$clients/venv/bin/python" -c "import sys, aiosmtpd, icalendar; sys.exit((aiosmtpd.__version__, icalendar.__version__) != ('$AIOSMTPD', '$ICALENDAR'))" 2>/dev/null; then
    say "installing aiosmtpd $AIOSMTPD and icalendar $ICALENDAR"
    "$clients/venv/bin/pip" install --quiet --disable-pip-version-check "aiosmtpd==$AIOSMTPD" "icalendar==$ICALENDAR" cryptography ||
      fail "aiosmtpd and icalendar could not be installed: check the network."
  fi
  if ! "$clients/testers/bin/python" -c "import sys, importlib.metadata as m; sys.exit((m.version('schemathesis'), m.version('sslyze')) != ('$SCHEMATHESIS', '$SSLYZE'))" 2>/dev/null; then
    say "installing schemathesis $SCHEMATHESIS and sslyze $SSLYZE"
    { rm -rf "$clients/testers" && /usr/bin/python3 -m venv "$clients/testers" && "$clients/testers/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS" "sslyze==$SSLYZE"; } ||
      fail "schemathesis and sslyze could not be installed: check the network."
  fi
  npm_version() { node -p "require('$clients/node_modules/$1/package.json').version" 2>/dev/null || true; }
  if [ "$(npm_version werift) $(npm_version node-datachannel) $(npm_version smpp) $(npm_version csp_evaluator) $(npm_version jsqr)" != "$WERIFT $DATACHANNEL $SMPP $CSP_EVALUATOR $JSQR" ]; then
    say "installing werift $WERIFT, node-datachannel $DATACHANNEL, smpp $SMPP, csp_evaluator $CSP_EVALUATOR and jsqr $JSQR"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$clients" "werift@$WERIFT" "node-datachannel@$DATACHANNEL" "smpp@$SMPP" "csp_evaluator@$CSP_EVALUATOR" "jsqr@$JSQR" >/dev/null ||
      fail "werift, node-datachannel, smpp, csp_evaluator and jsqr could not be installed: check the network."
  fi
}
finish() {
  [ "${1:-tests}" = benches ] || install_clients
  exit 0
}
[ "${#missing[@]}" -eq 0 ] && finish "${1:-tests}"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  have sudo && sudo -n true 2>/dev/null || fail "The ${1:-tests} need packages that are missing, and this user may not install them: run 'apt-get install --no-install-recommends ${missing[*]}' as root."
  as_root=(sudo -n)
fi
have apt-get || fail "The ${1:-tests} need packages that are missing, and this system has no apt-get: install ${missing[*]} yourself."
say "installing ${missing[*]} (a few minutes)"
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 -o DPkg::Lock::Timeout=300)

# Debian's PostgreSQL comes with a database cluster of its own unless it is told otherwise before it is installed.
clusters=/etc/postgresql-common/createcluster.conf
case " ${missing[*]} " in
*" postgresql "*) [ -e "$clusters" ] || {
  "${as_root[@]}" mkdir -p "${clusters%/*}"
  printf 'create_main_cluster = false\n' | "${as_root[@]}" tee "$clusters" >/dev/null
} ;;
esac

# Nothing that comes along may start a service: exit code 101 forbids it (invoke-rc.d, deb-systemd-invoke).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${install[@]}" update </dev/null >/dev/null || fail "The list of Debian packages could not be fetched: check the network."
"${install[@]}" install --no-install-recommends "${missing[@]}" </dev/null >/dev/null || fail "These packages could not be installed: ${missing[*]}."
finish "${1:-tests}"
