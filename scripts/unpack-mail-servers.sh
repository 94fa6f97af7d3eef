#!/bin/sh
# Fetches what the tests need of Debian's packages and must not be installed: Cyrus and Courier, which would remove
# Dovecot, and collections of odd mails. They are unpacked into a folder that git ignores; the machine stays as it is,
# no service is set up. What cannot be had is named, and this ends with 0: the tests then say what they did not run.
set -u
cd "$(dirname "$0")/.." || exit 1

[ -e /etc/os-release ] && . /etc/os-release
if [ "${ID:-}" != debian ]; then
  echo 'Not unpacked: Cyrus, Courier, odd mails. This is not Debian. The tests that need them do not run.'
  exit 0
fi

cache=$PWD/node_modules/.cache/test-servers
mkdir -p "$cache"
log=$cache/apt.log
: >"$log"

# Libraries that are installed are used as they are.
missing_of() {
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -q '^installed$' || echo "$package"
  done
}

download() {
  (cd "$1" && shift && timeout 120 apt-get download -q -o APT::Sandbox::User=root \
    -o Acquire::Retries=0 -o Acquire::http::Timeout=20 "$@" >>"$log" 2>&1)
}

# unpack NAME PACKAGE…: into $cache/NAME, whole or not at all.
unpack() {
  name=$1
  shift
  [ -d "$cache/$name" ] && return 0
  new=$(mktemp -d "$cache/new.XXXXXX")
  chmod 755 "$new"
  mkdir "$new/debs" "$new/root"
  # An old package list may name files that are gone.
  if download "$new/debs" "$@" ||
    { [ "$(id -u)" = 0 ] && timeout 120 apt-get update -q >>"$log" 2>&1 && download "$new/debs" "$@"; }; then
    unpacked=yes
    for deb in "$new"/debs/*.deb; do
      dpkg -x "$deb" "$new/root" >>"$log" 2>&1 || unpacked=no
    done
    [ "$unpacked" = yes ] && mv "$new/root" "$cache/$name" 2>>"$log"
  fi
  rm -rf "$new"
  [ -d "$cache/$name" ] && return 0
  echo "Not unpacked: $name. apt-get failed (node_modules/.cache/test-servers/apt.log). The tests that need it do not run."
}

# shellcheck disable=SC2046
unpack cyrus cyrus-common cyrus-imapd sasl2-bin libsasl2-modules $(missing_of libsasl2-2 libsasl2-modules-db \
  libical3 libicu72 libjansson4 libpcre3 libpq5 libsqlite3-0 libwrap0 libxapian30 libxml2 libnsl2 libtirpc3 \
  libldap-2.5-0 libkrb5-3 libkrb5support0 libk5crypto3 libkeyutils1 libgssapi-krb5-2 libcom-err2)
# shellcheck disable=SC2046
unpack courier courier-base courier-imap courier-authlib courier-authlib-userdb libcourier-unicode4 gamin libgamin0 \
  $(missing_of libglib2.0-0 libidn12 libltdl7 libpcre3 libgdbm6 libgnutls30)
unpack odd-mails golang-github-jhillyerd-enmime-dev libpython3.11-testsuite python3-flufl.bounce
exit 0
