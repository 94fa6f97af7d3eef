#!/bin/sh
# Installs what the tests talk to and npm does not have: Dovecot, Chromium, openssl and a font, from Debian; called with
# `documents`, also the programs whose documents `pnpm bench:documents` reads: LibreOffice without a desktop, and poppler.
# Nothing else is touched: no package is removed for it, and no service is started (the tests start their own
# Dovecot). Where it cannot install, it says what is missing and ends with 0; the tests then say what they did not run.
set -u

# What would remove something if it were installed is only unpacked.
sh "$(dirname "$0")/unpack-mail-servers.sh"

documents=''
[ "${1:-}" != documents ] || documents='
  poppler-utils:/usr/bin/pdftotext
  libreoffice-writer-nogui:/usr/lib/libreoffice/program/libswlo.so
  libreoffice-calc-nogui:/usr/lib/libreoffice/program/libsclo.so
  libreoffice-impress-nogui:/usr/lib/libreoffice/program/libsdlo.so'
missing=''
# They are words of a list.
# shellcheck disable=SC2086
for wanted in \
  dovecot-imapd:/usr/lib/dovecot/imap \
  dovecot-lmtpd:/usr/lib/dovecot/lmtp \
  chromium:/usr/bin/chromium \
  openssl:/usr/bin/openssl \
  fonts-dejavu-core:/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf \
  $documents; do
  [ -e "${wanted#*:}" ] || missing="$missing ${wanted%%:*}"
done
[ -n "$missing" ] || exit 0

cannot() {
  echo "Not installed:$missing. $1 The tests that need them do not run."
  exit 0
}
[ -e /etc/os-release ] && . /etc/os-release
[ "${ID:-}" = debian ] || cannot 'This is not Debian.'
[ "$(id -u)" = 0 ] || cannot "Only root can: apt-get install$missing."

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
kept=$policy.before-test-servers
restore() {
  rm -f "$log" "$policy"
  [ ! -e "$kept" ] || mv "$kept" "$policy"
}
# One that was interrupted has left the machine's own policy aside.
[ -e "$kept" ] || [ ! -e "$policy" ] || mv "$policy" "$kept"
trap restore EXIT
trap 'exit 130' INT TERM HUP
# invoke-rc.d asks it before it starts anything; 101 forbids.
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

# --no-remove: Courier and Cyrus conflict with Dovecot, and would have to go.
install_packages() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --no-remove \
    -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

echo "Installing for the tests:$missing"
# The names are words of a list.
# shellcheck disable=SC2086
install_packages $missing && exit 0
apt-get update -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=0 -o Acquire::http::Timeout=20 </dev/null >>"$log" 2>&1
# shellcheck disable=SC2086
install_packages $missing && exit 0

# One that is not to be had must not keep the others away.
wanted=$missing
missing=''
for package in $wanted; do
  install_packages "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
grep '^E: ' "$log" | sort -u
cannot 'apt-get failed as shown above.'
