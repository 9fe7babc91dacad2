// An SMSC made of the npm package `smpp`: answers submits, sends receipts, delivers what it is told on standard input,
// and writes a JSON line for everything that it hears.
const smpp = require('smpp');

let sessions = [];
let next = 1;

const say = (event, members) => process.stdout.write(JSON.stringify({ event, ...members }) + '\n');
const textOf = (pdu) => {
  const body = pdu.short_message.message !== undefined ? pdu.short_message.message : pdu.short_message;
  return Buffer.isBuffer(body) ? body.toString('latin1') : body;
};
const udhOf = (pdu) => (pdu.short_message.udh ? Buffer.concat([].concat(pdu.short_message.udh)).toString('hex') : '');

function receipt(session, pdu, id) {
  session.deliver_sm({
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    short_message:
      `id:${id} sub:001 dlvrd:001 submit date:2601051200 done date:2601051200 stat:DELIVRD err:000 text:`,
    receipted_message_id: id,
    message_state: 2,
  }, () => say('receipt_answered', { id }));
}

const server = smpp.createServer({}, (session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    sessions.push(session);
    session.send(pdu.response({ system_id: 'node' }));
    say('bound', { system_id: pdu.system_id });
  });
  session.on('submit_sm', (pdu) => {
    const id = String(next++);
    session.send(pdu.response({ message_id: id }));
    say('submit', {
      from: pdu.source_addr, to: pdu.destination_addr, text: textOf(pdu), udh: udhOf(pdu), coding: pdu.data_coding,
    });
    if (pdu.registered_delivery) receipt(session, pdu, id);
  });
  session.on('enquire_link', (pdu) => { session.send(pdu.response()); say('enquire_link', {}); });
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); say('unbound', {}); });
  session.on('close', () => { sessions = sessions.filter((one) => one !== session); });
});

server.listen(0, '127.0.0.1', () => say('listening', { port: server.address().port }));

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const wanted = JSON.parse(line);
  sessions[0].deliver_sm({
    source_addr: wanted.from, destination_addr: wanted.to, source_addr_ton: 1, dest_addr_ton: 1,
    short_message: wanted.text, data_coding: wanted.coding,
  }, (pdu) => say('delivered', { status: pdu.command_status }));
});
