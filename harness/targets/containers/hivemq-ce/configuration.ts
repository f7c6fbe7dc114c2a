/** What a configuration depends on. */
export interface ConfigurationSetting {
  readonly mqttPort: number;
  readonly webSocketPort: number;
  readonly webSocketPath: string;
}

/** The whole `config.xml`, with no limit that it does not have by itself. */
export function configurationOf({ mqttPort, webSocketPort, webSocketPath }: ConfigurationSetting): string {
  return `<?xml version="1.0"?>
<hivemq>
    <listeners>
        <tcp-listener>
            <port>${mqttPort}</port>
            <bind-address>0.0.0.0</bind-address>
        </tcp-listener>
        <websocket-listener>
            <port>${webSocketPort}</port>
            <bind-address>0.0.0.0</bind-address>
            <path>${webSocketPath}</path>
            <subprotocols>
                <subprotocol>mqtt</subprotocol>
            </subprotocols>
            <allow-extensions>false</allow-extensions>
        </websocket-listener>
    </listeners>
    <anonymous-usage-statistics>
        <enabled>false</enabled>
    </anonymous-usage-statistics>
</hivemq>
`;
}
