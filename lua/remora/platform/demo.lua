-- The built-in demo fleet, as a topology file: what a newcomer finds on an empty machine.
-- Owns the data only; remora.platform.topology reads it like any other topology file.

return [=[
cloud_areas:
  edge: {}
  overseas: {}

businesses:
  demo:
    maintainer: admin
    service_templates:
      web: { category: Nginx }
      app: { category: Tomcat }
      cache: { category: Redis }
      db: { category: Mysql }
      queue: { category: Kafka }
      search: {}
    idle:
      - 10.0.0.[20-29]
    sets:
      prod-1:
        modules:
          web: { service_template: web, hosts: ["10.0.1.[1-20]"] }
          app: { service_template: app, hosts: ["10.0.2.[1-12]"] }
          cache: { service_template: cache, hosts: ["10.0.3.[1-6]"] }
          db: { service_template: db, hosts: ["10.0.4.[1-4]"] }
          queue: { service_template: queue, hosts: ["10.0.5.[1-3]"] }
          search: { service_template: search, hosts: ["10.0.6.[1-3]"] }
      prod-2:
        modules:
          web: { service_template: web, hosts: ["10.0.11.[1-20]"] }
          app: { service_template: app, hosts: ["10.0.12.[1-12]"] }
          cache: { service_template: cache, hosts: ["10.0.13.[1-6]"] }
          db: { service_template: db, hosts: ["10.0.14.[1-4]"] }
      staging:
        environment: trial
        modules:
          web: { service_template: web, hosts: ["10.0.21.[1-2]"] }
          app: { service_template: app, hosts: ["10.0.22.[1-2]"] }
      tools:
        modules:
          cron: { hosts: [10.0.0.7, 10.0.0.8] }
          monitor: { hosts: ["10.0.0.[1-4]"] }
          deploy: { hosts: [10.0.0.5, 10.0.0.6] }
          backup: { hosts: [10.0.0.8, 10.0.0.9] }

  game:
    maintainer: admin
    service_templates:
      login: { category: Tomcat }
      scene: {}
      rank: { category: Redis }
      store: { category: Mysql }
    idle:
      - 10.1.0.[20-24]
    sets:
      zone-1:
        modules:
          login: { service_template: login, hosts: ["10.1.1.[1-4]"] }
          scene: { service_template: scene, hosts: ["10.1.2.[1-30]"] }
          rank: { service_template: rank, hosts: ["10.1.3.[1-2]"] }
          store: { service_template: store, hosts: ["10.1.4.[1-2]"] }
      zone-2:
        modules:
          login: { service_template: login, hosts: ["10.1.11.[1-4]"] }
          scene: { service_template: scene, hosts: ["10.1.12.[1-30]"] }
          rank: { service_template: rank, hosts: ["10.1.13.[1-2]"] }
          store: { service_template: store, hosts: ["10.1.14.[1-2]"] }
      edge:
        modules:
          relay:
            hosts:
              - { ip: "10.8.0.[1-8]", outer_ip: "203.0.113.[1-8]", cloud_area: edge }
              - { ip: "10.9.0.[1-4]", outer_ip: "198.51.100.[1-4]", cloud_area: overseas }
      shared:
        modules:
          log: { hosts: ["10.1.20.[1-4]"] }
          match: { hosts: ["10.1.21.[1-6]"] }
]=]
