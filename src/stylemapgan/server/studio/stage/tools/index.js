/** All tools, by name. */

import { BrushTool } from "./brush.js";
import { MoveTool } from "./move.js";
import { LassoTool, RectangleTool } from "./outline.js";
import { PartsTool } from "./parts.js";

/** @import { ToolName } from "../../core/types.js" */
/** @import { Tool } from "./tool.js" */

/** @type {Record<ToolName, Tool>} */
export const TOOLS = {
  brush: new BrushTool(false),
  eraser: new BrushTool(true),
  lasso: new LassoTool(),
  rectangle: new RectangleTool(),
  parts: new PartsTool(),
  move: new MoveTool(),
};
