// SIP messages (RFC 3261 7): read, written, and put together for a dialog (12).

const COMPACT = {
  b: 'referred-by', c: 'content-type', e: 'content-encoding', f: 'from', i: 'call-id', k: 'supported',
  l: 'content-length', m: 'contact', o: 'event', r: 'refer-to', s: 'subject', t: 'to', u: 'allow-events', v: 'via',
};
const COPIED = ['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Record-Route'];
const MOST_FORWARDS = '70';

/** Random hex for tags, branches and ids. */
export function token(octets = 8) {
  const bytes = crypto.getRandomValues(new Uint8Array(octets));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A request (`method`, `uri`) or a response (`status`, `reason`); `headers` are pairs, in order. */
export class SipMessage {
  constructor(start, headers = [], body = '') {
    Object.assign(this, start);
    this.headers = headers;
    this.body = body;
  }

  /** A request that is still without Via. */
  static request(method, uri, headers = [], body = '') {
    return new SipMessage({ method, uri }, [...headers], body);
  }

  /** Reads a message; null when it is none. */
  static parse(text) {
    const [head, body] = cut(text.replace(/^[\r\n]+/, ''), '\r\n\r\n');
    const [line, ...lines] = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
    const start = readStart(line);
    if (!start) return null;
    const headers = lines.map((one) => cut(one, ':').map((part) => part.trim())).filter(([name]) => name);
    return new SipMessage(start, headers, body);
  }

  /** The first value of a header, or ''. */
  get(name) {
    return this.all(name)[0] ?? '';
  }

  /** The values of a header, line by line. */
  all(name) {
    const wanted = name.toLowerCase();
    return this.headers.filter(([one]) => long(one) === wanted).map(([, value]) => value);
  }

  /** Adds a header. */
  add(name, value) {
    this.headers.push([name, value]);
    return this;
  }

  /** The answer to a request, with what every answer copies (8.2.6). */
  reply(status, reason, toTag = '') {
    const copied = COPIED.flatMap((name) => this.all(name).map((value) => [name, value]));
    const tagged = copied.map(([name, value]) =>
      (name === 'To' && toTag && !tagOf(value) ? [name, `${value};tag=${toTag}`] : [name, value]));
    return new SipMessage({ status, reason: reason || reasonOf(status) }, tagged);
  }

  /** Number and method of the CSeq. */
  get sequence() {
    const [number, method = ''] = this.get('CSeq').split(/\s+/);
    return { number: Number(number), method };
  }

  /** The branch of the topmost Via: which transaction it belongs to. */
  get branch() {
    return /;\s*branch=([^;,\s]+)/i.exec(this.get('Via'))?.[1] ?? '';
  }

  toString() {
    const first = this.method ? `${this.method} ${this.uri} SIP/2.0` : `SIP/2.0 ${this.status} ${this.reason}`;
    const lines = this.headers.filter(([name]) => long(name) !== 'content-length');
    const length = new TextEncoder().encode(this.body).length;
    const fields = [...lines, ['Content-Length', length]].map(([name, value]) => `${name}: ${value}`);
    return [first, ...fields, '', ''].join('\r\n') + this.body;
  }
}

/** An established call between two: what every request in it shares. */
export class Dialog {
  constructor({ callId, local, remote, target, route = [], sequence = 0, heard = 0 }) {
    Object.assign(this, { callId, local, remote, target, route, sequence, heard });
  }

  /** Of an INVITE of ours and the answer to it. */
  static ofAnswer(invite, answer) {
    return new Dialog({
      callId: invite.get('Call-ID'),
      local: invite.get('From'),
      remote: answer.get('To'),
      target: addressOf(answer.get('Contact')) || invite.uri,
      route: answer.all('Record-Route').reverse(),
      sequence: invite.sequence.number,
    });
  }

  /** Of an INVITE that came, and our tag. */
  static ofInvite(invite, tag) {
    return new Dialog({
      callId: invite.get('Call-ID'),
      local: `${invite.get('To')};tag=${tag}`,
      remote: invite.get('From'),
      target: addressOf(invite.get('Contact')),
      route: invite.all('Record-Route'),
      heard: invite.sequence.number,
    });
  }

  /** What Replaces names it by, for the other side: its own tag is the to-tag there (RFC 3891 3). */
  get replaces() {
    return `${this.callId};to-tag=${tagOf(this.remote)};from-tag=${tagOf(this.local)}`;
  }

  /** Whether a request is newer than the last one (12.2.2). */
  accepts(request) {
    if (request.sequence.number <= this.heard) return false;
    this.heard = request.sequence.number;
    return true;
  }

  /** The next request; `number` repeats one, as an ACK does. */
  request(method, headers = [], body = '', number = (this.sequence += 1)) {
    const routes = this.route.map((value) => ['Route', value]);
    return SipMessage.request(method, this.target, [
      ['Max-Forwards', MOST_FORWARDS],
      ...routes,
      ['From', this.local],
      ['To', this.remote],
      ['Call-ID', this.callId],
      ['CSeq', `${number} ${method}`],
      ...headers,
    ], body);
  }
}

/** The tag of a From or To. */
export function tagOf(value) {
  return /;\s*tag=([^;\s]+)/i.exec(value)?.[1] ?? '';
}

/** The URI of an address such as `"Ann" <sip:ann@example.com>;tag=1`. */
export function addressOf(value) {
  return /<([^>]*)>/.exec(value)?.[1] ?? value.split(';')[0].trim();
}

/** Who an address is, for people: the name, else the user. */
export function nameOf(value) {
  const name = /^\s*"((?:[^"\\]|\\.)*)"/.exec(value)?.[1].replace(/\\(.)/g, '$1') ?? value.split('<')[0].trim();
  const user = /^sips?:([^@;]+)@/i.exec(addressOf(value))?.[1] ?? '';
  return (value.includes('<') && name) || decode(user) || 'unknown';
}

/** The status and reason in the body of a NOTIFY about a transfer (RFC 3515 2.4.5); null when there is none. */
export function fragmentOf(body) {
  const found = /^\s*SIP\/2\.0 (\d{3})(?: ([^\r\n]*))?/.exec(body);
  return found && { status: Number(found[1]), reason: found[2] ?? '' };
}

function readStart(line) {
  const response = /^SIP\/2\.0 (\d{3})(?: (.*))?$/.exec(line);
  if (response) return { status: Number(response[1]), reason: response[2] ?? '' };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(line);
  return request && { method: request[1], uri: request[2] };
}

function long(name) {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

function cut(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function reasonOf(status) {
  return {
    100: 'Trying', 180: 'Ringing', 200: 'OK', 405: 'Method Not Allowed', 480: 'Temporarily Unavailable',
    481: 'Call/Transaction Does Not Exist', 486: 'Busy Here', 487: 'Request Terminated', 488: 'Not Acceptable Here',
    491: 'Request Pending', 500: 'Server Internal Error', 503: 'Service Unavailable', 603: 'Decline',
  }[status] ?? 'Unknown';
}
