/**
 * The example agreement: only data of people in the EU and the US, and nothing that is more sensitive than personal
 * data, may pass, and what may not is stopped as it comes.
 */
export const EXAMPLE_AGREEMENT = `agreement:
  name: "TrafficLight-BISO-Pipeline"
  policies:
    - type: "geographic_restriction"
      regions: ["EU", "US"]
    - type: "data_classification"
      level: "PII"
  enforcement: "real-time"
`;
