// How far a download is: calls written against those there are. Without it the browser downloads.
const HELD = 8 * 1024 * 1024; // beyond this the browser keeps what came outside the page's memory

function show(form, seen, words) {
  const line = form.querySelector('.export-progress');
  line.hidden = false;
  line.firstElementChild.value = seen;
  line.lastElementChild.textContent = words;
}

function save(parts, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function receive(form, answer, rows) {
  const csv = new FormData(form).get('format') === 'csv';
  const [end, heading] = csv ? [13, 2] : [10, 1]; // within a cell lines end otherwise
  let parts = [], held = 0, lines = -heading, told = '';
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
    held += value.length;
    if (held > HELD) { parts = [new Blob(parts)]; held = 0; }
    for (const byte of value) if (byte === end) lines += 1;
    const words = `${Math.max(0, Math.min(lines, rows)).toLocaleString('en')} of ${rows.toLocaleString('en')} calls`;
    if (words !== told) show(form, Math.max(0, Math.min(lines, rows)), told = words);
  }
}

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('[data-export]');
  if (!form || !window.ReadableStream) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = form.querySelector('button.primary');
  if (button.disabled) return;
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) });
    const rows = answer.headers.get('X-Export-Rows');
    if (!answer.ok || rows === null) return form.submit(); // the browser shows what is wrong
    form.querySelector('progress').max = Math.max(1, rows);
    const parts = await receive(form, answer, Number(rows));
    save(parts, /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition'))[1]);
    show(form, Math.max(1, rows), `${Number(rows).toLocaleString('en')} ${rows === '1' ? 'call' : 'calls'} downloaded.`);
  } catch {
    show(form, 0, 'The download broke off, and nothing was saved. Try again.');
  } finally {
    button.disabled = false;
  }
}, true);
