/** The dialog for taking a photo with the camera. Nothing is sent before the photo is taken. */

import { addFiles } from "../core/actions.js";
import { h } from "../core/dom.js";
import { desk } from "../core/state.js";
import { dialogButton, openDialog } from "./dialog.js";

/** @param {unknown} error */
function explain(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError")
    return "The browser blocks the camera. Allow it in the address bar and try again.";
  if (name === "NotFoundError") return "No camera was found. Connect one, or upload a photo.";
  return "Cannot start the camera. Another program may be using it.";
}

export async function openWebcam() {
  const video = h("video", {
    autoplay: true,
    muted: true,
    playsinline: true,
    "aria-label": "Camera",
  });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const take = dialogButton("Take the photo", () => void snap(), {
    id: "webcam-take",
    isMain: true,
  });
  take.toggleAttribute("disabled", true);
  const dialog = openDialog(
    "webcam-dialog",
    "Take a photo",
    [video, problem],
    [dialogButton("Cancel", () => dialog.close(), { id: "webcam-cancel" }), take],
  );
  /** @type {MediaStream | null} */
  let stream = null;
  dialog.addEventListener("close", () => stream?.getTracks().forEach((track) => track.stop()));
  const snap = async () => {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 });
    dialog.close();
    const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    await addFiles([new File([blob], `Photo ${time}`, { type: blob.type })], desk.value.slot);
  };
  try {
    if (!navigator.mediaDevices) throw new Error("no camera here");
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } } });
    if (!dialog.open) return stream.getTracks().forEach((track) => track.stop());
    video.srcObject = stream;
    take.removeAttribute("disabled");
  } catch (error) {
    video.hidden = true;
    problem.textContent = explain(error);
    problem.hidden = false;
  }
}
