// An SMSC that nobody here wrote: npm's `smpp`. It takes every bind and every message, and a moment later says in a receipt that
// the telephone has it, or, for numbers that end in 9, that it does not. Its lines of JSON: its port, then what it was told.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.CLIENTS}/`);
const smpp = require("smpp");

const say = (what) => console.log(JSON.stringify(what));
let number = 0;

const server = smpp.createServer((session) => {
  session.on("bind_transceiver", (pdu) => session.send(pdu.response()));
  session.on("bind_transmitter", (pdu) => session.send(pdu.response()));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => session.send(pdu.response()));
  session.on("submit_sm", (pdu) => {
    const id = `${(number += 1)}`;
    const wants = pdu.registered_delivery & 3;
    say({ to: pdu.destination_addr, wants, text: pdu.short_message.message });
    session.send(pdu.response({ message_id: id }));
    if (!wants) return;
    const stat = pdu.destination_addr.endsWith("9") ? "UNDELIV" : "DELIVRD";
    const text = `id:${id} sub:001 dlvrd:001 submit date:2611281200 done date:2611281200 stat:${stat} err:000 text:`;
    const receipt = { esm_class: 4, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, short_message: text };
    session.deliver_sm(receipt, (answer) => say({ answered: answer.command_status }));
  });
  session.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
