"""A mail server that nobody here wrote: aiosmtpd. What it takes it reads with Python's own email package and with icalendar,
and writes down as one line of JSON.

    mail_server.py FOLDER starttls|implicit|plain

Its first line says its port and the file with the authority that signed its certificate. Mail to `nobody@…` is refused for good,
to `later@…` for now. Its user is `conclave`, the password `secret`.
"""

import asyncio
import datetime
import email
import email.policy
import json
import ssl
import sys

import icalendar
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def say(**what):
    print(json.dumps(what), flush=True)


def certificate(folder):
    """One for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = f"{folder}/mail.pem"
    with open(file, "wb") as pem:
        pem.write(signed.public_bytes(serialization.Encoding.PEM))
        pem.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    with open(f"{folder}/authority.pem", "wb") as pem:
        pem.write(signed.public_bytes(serialization.Encoding.PEM))
    return file


def event_in(calendar):
    """The one event of a calendar, as icalendar understands it."""
    parsed = icalendar.Calendar.from_ical(calendar)
    [event] = parsed.walk("VEVENT")
    text = lambda name: str(event.get(name, ""))
    return {
        "method": str(parsed.get("METHOD", "")),
        "uid": text("UID"),
        "summary": text("SUMMARY"),
        "description": text("DESCRIPTION"),
        "url": text("URL"),
        "sequence": int(event["SEQUENCE"]),
        "organizer": text("ORGANIZER"),
        "organizer_name": str(event["ORGANIZER"].params["CN"]),
        "start": event["DTSTART"].dt.astimezone(datetime.timezone.utc).isoformat(),
        "end": event["DTEND"].dt.astimezone(datetime.timezone.utc).isoformat(),
        "longest_line": max(len(line) for line in calendar.split(b"\r\n")),
        "bare_line_breaks": calendar.replace(b"\r\n", b"").count(b"\n"),
    }


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        say(tried=address)
        if address.startswith("nobody@"):
            return f"550 5.1.1 there is no {address} here"
        if address.startswith("later@"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        [calendar] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
        say(
            by=envelope.mail_from,
            to=envelope.rcpt_tos,
            encrypted=server.transport.get_extra_info("sslcontext") is not None,
            headers={name: str(value) for name, value in mail.items()},
            text=mail.get_body(("plain",)).get_content(),
            html=mail.get_body(("html",)).get_content(),
            calendar_type=str(calendar["Content-Type"]),
            event=event_in(calendar.get_payload(decode=True)),
        )
        return "250 taken"


def may_come_in(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"conclave", b"secret")
    return AuthResult(success=good)


async def serve(folder, kind):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate(folder))
    options = {"authenticator": may_come_in, "auth_required": True}
    if kind == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    else:
        options |= {"auth_require_tls": False}
    factory = lambda: SMTP(Mailbox(), hostname="localhost", **options)
    wrapped = context if kind == "implicit" else None
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=wrapped)
    say(port=server.sockets[0].getsockname()[1], authority=f"{folder}/authority.pem")
    await server.serve_forever()


asyncio.run(serve(sys.argv[1], sys.argv[2]))
