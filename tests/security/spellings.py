"""Hosts that must never be connected to, in every spelling that a parser somewhere understands."""

# ruff: noqa: SIM905 - tables of words read better as text

_LOOPBACK = """
127.0.0.1 127.1 127.0.1 127.000.000.001 127.255.255.254 2130706433 017700000001 0x7f000001
0x7f.0.0.1 0x7f.1 0177.0.0.1 00000177.1 [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
[::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] localhost LOCALHOST localhost. ip6-localhost
0.0.0.0 0 [::] [::ffff:0.0.0.0] 127.0.0.1.
""".split()
_PRIVATE = """
10.0.0.1 10.255.255.255 0x0a000001 167772161 172.16.0.1 172.31.255.255 192.168.0.1 192.168.1.254
0xc0a80001 3232235521 100.64.0.1 100.127.255.254 198.18.0.1 192.0.0.1 192.0.0.170 192.0.2.1
198.51.100.7 203.0.113.9 240.0.0.1 255.255.255.255 224.0.0.1 239.255.255.250 [fc00::1] [fd00::1]
[fdff:ffff::1] [fe80::1] [fec0::1] [ff02::1] [2001:db8::1] [::ffff:10.0.0.1] [::ffff:192.168.0.1]
[64:ff9b::10.0.0.1] [2002:7f00:1::] [2002:a00:1::] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [100::1]
[::ffff:169.254.169.254] 192.88.99.1 [64:ff9b:1::1] 0.1.2.3
""".split()
_CLOUDS = """
169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.1 [fd00:ec2::254]
100.100.100.200
""".split()
_NAMES = """
rebind.example intranet.example metadata.google.internal metadata localhost.localdomain
printer.local 127.0.0.1.nip.example 10-0-0-1.nip.example portal.bitrix24.com.internal
a.b.c.d.localtest.example xn--lcalhost-q4a.example mixed.example
""".split()
_BROKEN = """
127.0.0.1%00.example 127.0.0.1\\@bitrix24.com bitrix24.com@127.0.0.1 bitrix24.com:80@127.0.0.1
127.0.0.1#.bitrix24.com 127.0.0.1?.bitrix24.com 127.0.0.1/.bitrix24.com [::1%25lo] [::1 ::1
127。0。0。1 ①②⑦.⓪.⓪.① 127.0.0.1:0 127.0.0.1:99999 127.0.0.1:-1 127.0.0.1:80:80 127.0.0.1:http 127..0.1
.127.0.0.1 -127.0.0.1 127.0.0.1%0d%0aX:1 127.0.0.1%2f 127.0.0.1%20 //127.0.0.1 http://127.0.0.1
file:///etc/passwd gopher://127.0.0.1 %31%32%37.0.0.1 ⅼocalhost loc\u0430lhost localhost\u3002
127.0.0.1\u200b [::ffff:127.0.0.1]. 127.0.0.1,evil.example
""".split()

HOSTS: tuple[str, ...] = (*_LOOPBACK, *_PRIVATE, *_CLOUDS, *_NAMES, *_BROKEN)
"""At least 120 of them."""

NAMED = {name: ["10.1.2.3", "fd00::7", "127.0.0.1"][index % 3] for index, name in enumerate(_NAMES)}
"""Where the names lead that no resolver here knows."""
