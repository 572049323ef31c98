# SPDX-License-Identifier: BSD-2-Clause
# What building and testing needs, as Debian's packages; sourced by ./check and ./try.

build_packages="gcc libc6-dev meson ninja-build pkg-config python3 libp11-kit-dev libpcsclite-dev libssl-dev libyaml-dev"
try_packages="$build_packages softhsm2 opensc-pkcs11 openssh-client openssh-server"
client_packages="gnutls-bin git gpg-agent gpgconf gnupg-pkcs11-scd libengine-pkcs11-openssl libnss3-tools libsss-certmap0 openssl openvpn python3-pykcs11"
card_packages="pcscd vsmartcard-vpcd python3-cryptography ykcs11 coolkey cackey"
vendor_packages="libtpm2-pkcs11-1 libtss2-tcti-swtpm0 opencryptoki swtpm"
check_packages="ccache $try_packages $client_packages $card_packages $vendor_packages clang libclang-rt-14-dev libcmocka-dev opensc p11-kit sudo valgrind binutils scdoc zsh fish systemd iproute2"

# Installs what is missing of the packages named, or says how. Quiet where nothing is.
install_missing()
{
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing packages; run:  sudo apt-get install --no-install-recommends$missing" >&2
        return 1
    fi
    echo "installing:$missing"
    apt-get update -qq </dev/null >/dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
}
