import { Counter, Rate, Trend } from "k6/metrics";

// k6 wants every metric declared while it loads the script; one without samples costs nothing.

export const connectMs = new Trend("mqtt_connect_ms");
export const connectOk = new Rate("mqtt_connect_ok");
/** A client that was connected is no longer. */
export const ended = new Counter("mqtt_ended");
export const cut = new Counter("mqtt_cut");

export const publishMs = new Trend("mqtt_publish_ms");
export const publishOk = new Rate("mqtt_publish_ok");
export const published = new Counter("mqtt_published");
export const withheld = new Counter("mqtt_withheld");

export const deliverMs = new Trend("mqtt_deliver_ms");
export const deliverOk = new Rate("mqtt_deliver_ok");
export const received = new Counter("mqtt_received");
export const missing = new Counter("mqtt_missing");
export const duplicates = new Counter("mqtt_duplicates");

export const resumeMs = new Trend("mqtt_resume_ms");
export const resumeOk = new Rate("mqtt_resume_ok");

/** How late work began against its plan. */
export const lateMs = new Trend("load_late_ms");
/** Connections that this machine had no file or port for. */
export const notBegun = new Counter("load_not_begun");
