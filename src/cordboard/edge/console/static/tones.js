// What is heard before anybody talks: ringing here, and ringing there.

const FREQUENCIES = [440, 480];
const ON_MS = 2000;
const CYCLE_MS = 6000;
const LOUDNESS = { incoming: 0.2, ringing: 0.05 };

export class Tones {
  #context = null;
  #playing = '';
  #stops = [];

  /** Rings as `kind` (incoming or ringing), or '' not at all. */
  play(kind) {
    if (kind === this.#playing) return;
    this.#stops.splice(0).forEach((stop) => stop());
    this.#playing = kind;
    if (kind) this.#ring(LOUDNESS[kind]);
  }

  #ring(loudness) {
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {});  // browsers wait for a gesture first
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.connect(this.#context.destination);
    const sources = FREQUENCIES.map((frequency) => new OscillatorNode(this.#context, { frequency }));
    for (const source of sources) {
      source.connect(gain);
      source.start();
    }
    const sound = () => {
      const now = this.#context.currentTime;
      gain.gain.setTargetAtTime(loudness, now, 0.02);
      gain.gain.setTargetAtTime(0, now + ON_MS / 1000, 0.02);
    };
    sound();
    const timer = setInterval(sound, CYCLE_MS);
    this.#stops.push(() => {
      clearInterval(timer);
      sources.forEach((source) => source.stop());
      gain.disconnect();
    });
  }
}
