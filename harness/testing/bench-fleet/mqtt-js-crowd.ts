import { connectAsync, type MqttClient } from "mqtt";
import { type Crowd, nameOf } from "./crowd.ts";

/** One MQTT.js client for each device. */
export function mqttJsCrowd(port: number): Crowd {
  const clients: MqttClient[] = [];
  return {
    async connect(index) {
      const { clientId } = nameOf(index);
      const options = { clientId, keepalive: 60, clean: true, protocolVersion: 4, reconnectPeriod: 0 } as const;
      clients[index] = await connectAsync(`mqtt://127.0.0.1:${port}`, options);
    },
    send: (index, payload) => void clients[index]?.publish(nameOf(index).topic, payload),
    async deliver(index, payload) {
      await clients[index]?.publishAsync(nameOf(index).topic, payload, { qos: 1 });
    },
    async end() {
      for (const client of clients) client.end(true);
    },
  };
}
