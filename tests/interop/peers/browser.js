// A browser phone of its own: Chromium, whose microphone plays a file, on the page that standard input names. Each line is
// a command {id, run}, a function's text that gets `phone`; its answer is the line {id, value} or {id, error}.
const { chromium } = require('playwright-core');

const [, , executablePath, url, microphone] = process.argv;
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function main() {
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      ...(microphone ? ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${microphone}`] : []),
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
  const context = await browser.newContext({ permissions: microphone ? ['microphone'] : [] });
  const page = await context.newPage();
  page.on('pageerror', (error) => say({ event: 'error', text: String(error.stack ?? error) }));
  page.on('console', (message) => say({ event: 'console', text: message.text() }));
  page.on('response', (answer) => {
    if (answer.status() >= 400) say({ event: 'refused', text: `${answer.status()} ${answer.url()}` });
  });
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => say({ event: 'sent', text: String(payload) }));
    socket.on('framereceived', ({ payload }) => say({ event: 'received', text: String(payload) }));
  });
  await page.goto(url);
  say({ event: 'ready' });
  require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, run } = JSON.parse(line);
    try {
      say({ id, value: (await page.evaluate(`(${run})(window.phone)`)) ?? null });
    } catch (error) {
      say({ id, error: String(error.message) });
    }
  }).on('close', () => browser.close().finally(() => process.exit(0)));
}

main().catch((error) => {
  say({ event: 'failed', text: String(error) });
  process.exit(1);
});
