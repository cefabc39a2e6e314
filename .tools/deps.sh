#!/usr/bin/env bash
# Installs the Debian packages that tests (`deps.sh tests`) or benches (`deps.sh benches`) need. Says what is missing
# where it may not.
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
  # Without any font Chromium draws no text at all.
  [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[to]t[fc]' -print -quit 2>/dev/null)" ] || missing+=(fonts-dejavu-core)
  ;;
benches)
  have janus || missing+=(janus)
  have ip || missing+=(iproute2)
  ;;
*) fail "deps.sh knows 'tests' and 'benches', not '$1'." ;;
esac
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  have sudo && sudo -n true 2>/dev/null || fail "The ${1:-tests} need packages that are missing, and this user may not install them: run 'apt-get install --no-install-recommends ${missing[*]}' as root."
  as_root=(sudo -n)
fi
have apt-get || fail "The ${1:-tests} need packages that are missing, and this system has no apt-get: install ${missing[*]} yourself."
say "installing ${missing[*]} (a few minutes)"
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 -o DPkg::Lock::Timeout=300)

# Nothing that comes along may start a service: exit code 101 forbids it (invoke-rc.d, deb-systemd-invoke).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${install[@]}" update </dev/null >/dev/null || fail "The list of Debian packages could not be fetched: check the network."
"${install[@]}" install --no-install-recommends "${missing[@]}" </dev/null >/dev/null || fail "These packages could not be installed: ${missing[*]}."
