// How far a download is: rows written against those there are. Without it the browser downloads.
document.addEventListener('submit', async (event) => {
  const form = event.target.closest('[data-export]');
  if (!form || !window.ReadableStream) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const line = form.querySelector('.export-progress');
  const button = form.querySelector('button.primary');
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) });
    if (!answer.ok || !answer.headers.get('X-Export-Rows')) return form.submit();
    const rows = Number(answer.headers.get('X-Export-Rows'));
    const parts = [];
    let seen = 0;
    line.hidden = false;
    for (const reader = answer.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      seen += value.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
      line.firstElementChild.value = Math.min(seen, rows);
      line.lastElementChild.textContent = `${Math.min(seen, rows).toLocaleString()} of ${rows.toLocaleString()}`;
    }
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(parts));
    link.download = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition'))[1];
    link.click();
    URL.revokeObjectURL(link.href);
    line.lastElementChild.textContent = `${rows.toLocaleString()} calls downloaded.`;
  } catch {
    line.hidden = false;
    line.lastElementChild.textContent = 'The download broke off. Try again.';
  } finally {
    button.disabled = false;
  }
}, true);
