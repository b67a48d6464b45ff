// Uploading a recording: refuse at once what is too large, and say how far it is.
function say(form, sentence) {
  const place = form.querySelector('[data-upload-problem]');
  place.hidden = !sentence;
  place.querySelector('span').textContent = sentence;
  form.querySelector('[data-upload-progress]').hidden = true;
}

document.addEventListener('change', (event) => {
  const form = event.target.closest('[data-upload]');
  const file = event.target.files?.[0];
  if (!form || !file) return;
  const large = file.size > Number(form.dataset.most);
  say(form, large ? 'This file is larger than 200 MB. Export it in a smaller format, such as MP3.' : '');
  event.target.setCustomValidity(large ? 'The file is too large.' : '');
});

document.addEventListener('htmx:xhr:progress', (event) => {
  const bar = event.target.closest?.('[data-upload]')?.querySelector('[data-upload-progress]');
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

for (const name of ['htmx:sendError', 'htmx:responseError']) {
  document.addEventListener(name, (event) => {
    const form = event.target.closest?.('[data-upload]');
    if (form) say(form, 'The recording did not arrive. Check the connection and try again.');
  });
}
