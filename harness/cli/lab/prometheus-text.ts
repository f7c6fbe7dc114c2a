/** The configuration of Prometheus that scrapes runs beside these brokers, every two seconds because runs are short. */
export function prometheusText(services: readonly string[], ports: Readonly<Record<string, number>>): string {
  const jobs = Object.entries(ports).map(([job, port]) => [
    `  - job_name: ${job}`,
    "    static_configs:",
    `      - targets: [${services.map((name) => `"${name}:${port}"`).join(", ")}]`,
  ]);
  return ["global: { scrape_interval: 2s, scrape_timeout: 2s }", "scrape_configs:", ...jobs.flat(), ""].join("\n");
}
