/** Starts the Studio: loads the list of models, opens the live connection, shows samples. */

import "./components/coach.js";
import "./components/directions.js";
import "./components/pictures.js";
import "./components/pieces.js";
import "./components/suggestions.js";
import "./components/tabs.js";
import "./components/toolbar.js";
import "./components/topbar.js";
import "./components/view-bar.js";
import "./stage/stage.js";
import { startIntake } from "./components/intake.js";
import { toast } from "./components/toasts.js";
import { keepSelection, recover, start } from "./core/actions.js";
import { ApiError, listModels } from "./core/api.js";
import { find, h, loadIcons } from "./core/dom.js";
import { startKeys } from "./core/keys.js";
import { Live } from "./core/live.js";
import { startCleanup } from "./core/shelf.js";
import { desk, showFrame, work } from "./core/state.js";
import { startTheme } from "./core/theme.js";
import { startComparison } from "./stage/comparison.js";
import { QUICK_SIZE } from "./stage/picture-size.js";
import { startPreview } from "./stage/preview.js";

const EXPIRED = ["unknown_stylemap", "unknown_photo"];
const RECOVERY_PAUSE = 10_000; // milliseconds between two attempts to upload expired pictures again

const LOCKED = "Open the complete link that the command printed: it contains the token.";

function startLive() {
  let recovered = -RECOVERY_PAUSE;
  const live = new Live({
    onFrame: (picture, milliseconds) => {
      showFrame(picture);
      const isQuick = picture.width <= QUICK_SIZE;
      if (milliseconds !== null && isQuick) desk.patch({ milliseconds });
    },
    onConnection: (connection) => desk.patch({ connection }),
    onError: (code, message) => {
      if (!EXPIRED.includes(code) || performance.now() - recovered < RECOVERY_PAUSE) {
        return toast(message);
      }
      recovered = performance.now();
      recover().then(
        () => live.refresh(),
        (error) => toast(error.message),
      );
    },
  });
  startPreview(live);
  startComparison();
}

/** Shows that the page cannot start. @param {unknown} error */
function showFailure(error) {
  const isLocked = error instanceof ApiError && error.code === "token_needed";
  const message = isLocked ? LOCKED : error instanceof Error ? error.message : String(error);
  const again = h(
    "button",
    { type: "button", class: "button is-main", onclick: () => location.reload() },
    "Try again",
  );
  const box = h(
    "div",
    { class: "failure", role: "alert" },
    h("h1", {}, "The Studio cannot start"),
    h("p", {}, message),
    again,
  );
  find(document, "studio-stage").append(box);
}

async function begin() {
  startTheme();
  void loadIcons();
  startIntake();
  startKeys();
  startCleanup();
  try {
    const models = await listModels();
    desk.patch({ models, view: "pasted" });
    const wanted = new URLSearchParams(location.search).get("model");
    const first =
      models.find((model) => model.name === wanted) ?? models.find((model) => model.is_default);
    startLive();
    work.subscribe(keepSelection);
    await start((first ?? models[0]).name);
  } catch (error) {
    showFailure(error);
  }
}

void begin();
