// A call's sound: the microphone, the peer connection, keys. G.711 comes first: it costs the other end least.

const CODECS = ['audio/pcmu', 'audio/pcma', 'audio/opus', 'audio/telephone-event'];
const GATHER_MS = 1000;
const TONE_MS = 100;
const GAP_MS = 70;
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const PROBLEMS = {
  NotAllowedError: 'The microphone is blocked. Allow it for this page in the browser, then call again.',
  NotFoundError: 'There is no microphone. Connect one, then call again.',
  NotReadableError: 'The microphone is in use by another program.',
};

/** What went wrong, in words for whoever uses the phone. */
export class PhoneError extends Error {}

export class CallMedia {
  #connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
  #microphone;
  #transceiver = null;
  #speaker = document.createElement('audio');
  #muted = false;
  #held = false;

  constructor(microphone, onFailed) {
    this.#microphone = microphone;
    this.#speaker.autoplay = true;
    this.#connection.ontrack = ({ track }) => this.#hear(track);
    this.#connection.onconnectionstatechange = () => {
      if (this.#connection.connectionState === 'failed') onFailed();
    };
  }

  /** Asks for the microphone. Throws PhoneError. */
  static async open(onFailed) {
    if (!navigator.mediaDevices) throw new PhoneError('Browsers give the microphone to pages of https only.');
    try {
      return new CallMedia(await navigator.mediaDevices.getUserMedia({ audio: MICROPHONE }), onFailed);
    } catch (error) {
      throw new PhoneError(PROBLEMS[error.name] ?? `The microphone cannot be used: ${error.message}`);
    }
  }

  /** SDP that offers our side as it is now. */
  async offer() {
    if (!this.#transceiver) {
      const streams = [this.#microphone];
      this.#use(this.#connection.addTransceiver(this.#track, { direction: 'sendrecv', streams }));
    }
    this.#transceiver.direction = this.#held ? 'inactive' : 'sendrecv';
    return this.#describe(await this.#connection.createOffer());
  }

  /** SDP that answers an offer. */
  async answer(offer) {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
    if (!this.#transceiver) {
      this.#connection.addTrack(this.#track, this.#microphone);
      this.#use(this.#connection.getTransceivers()[0]);
    }
    this.#transceiver.direction = this.#held ? 'inactive' : 'sendrecv';
    return this.#describe(await this.#connection.createAnswer());
  }

  /** Takes the answer to our offer; `early`: before the call is answered. */
  async accept(answer, { early = false } = {}) {
    await this.#connection.setRemoteDescription({ type: early ? 'pranswer' : 'answer', sdp: answer });
  }

  /** Forgets an offer that was refused. */
  async withdraw() {
    if (this.#connection.signalingState === 'have-local-offer') {
      await this.#connection.setLocalDescription({ type: 'rollback' });
    }
  }

  /** Sends keys in the sound's stream (RFC 4733); false when the other side takes none. */
  press(keys) {
    const sender = this.#transceiver?.sender.dtmf;
    if (!sender?.canInsertDTMF) return false;
    sender.insertDTMF(sender.toneBuffer + keys, TONE_MS, GAP_MS);
    return true;
  }

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#apply();
  }

  get held() {
    return this.#held;
  }

  set held(held) {
    this.#held = held;
    this.#apply();
  }

  /** What comes from the other side. */
  get heard() {
    return this.#speaker.srcObject;
  }

  /** The browser's figures. */
  statistics() {
    return this.#connection.getStats();
  }

  close() {
    this.#connection.close();
    this.#microphone.getTracks().forEach((track) => track.stop());
    this.#speaker.srcObject = null;
  }

  get #track() {
    return this.#microphone.getAudioTracks()[0];
  }

  #apply() {
    this.#track.enabled = !this.#muted && !this.#held;
  }

  #use(transceiver) {
    this.#transceiver = transceiver;
    const rank = ({ mimeType }) => CODECS.indexOf(mimeType.toLowerCase());
    const known = RTCRtpReceiver.getCapabilities('audio').codecs.filter((codec) => rank(codec) >= 0);
    transceiver.setCodecPreferences(known.sort((left, right) => rank(left) - rank(right)));
  }

  #hear(track) {
    this.#speaker.srcObject = new MediaStream([track]);
    this.#speaker.play().catch(() => {});  // autoplay waits for the next gesture where a browser insists on one
  }

  /** Our description with the addresses in it: nothing is trickled. */
  async #describe(description) {
    await this.#connection.setLocalDescription(description);
    await Promise.race([this.#gathered(), new Promise((done) => setTimeout(done, GATHER_MS))]);
    return this.#connection.localDescription.sdp;
  }

  #gathered() {
    const connection = this.#connection;
    return new Promise((done) => {
      const look = () => connection.iceGatheringState === 'complete' && done();
      connection.addEventListener('icegatheringstatechange', look);
      look();
    });
  }
}
