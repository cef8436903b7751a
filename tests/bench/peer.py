"""A peer of the benchmark: peer.py URL PLAYBOOK WIDTH, the same work as people write it in Python.

requests, one call at a time whatever the width, dicts compared field by field, updates in batches
of 100. Processes are read once more before they are written, as somebody else may have been there,
and after it. Prints how many processes it met and how many it updated. The playbook is the one of
bench-pages, which is JSON.
"""

import json
import sys

import requests

PAGE = 500
BATCH = 100
PROTOCOLS = {"TCP": "1", "UDP": "2"}


class Platform:
    """The calls of one platform over its bus."""

    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, name, **arguments):
        """The data of an answer; raises when the platform refuses."""
        response = self.session.post(f"{self.url}/api/c/compapi/v2/cc/{name}/", json=arguments)
        response.raise_for_status()
        answer = response.json()
        if not answer["result"]:
            raise RuntimeError(answer["message"])
        return answer["data"]


def wanted_of(playbook):
    """(module name, process name) → the fields it must have."""
    wanted = {}
    for rule in playbook["instances"]:
        for name, fields in rule["processes"].items():
            fields = dict(fields)
            fields["bind_info"] = [
                {**row, "protocol": PROTOCOLS[row["protocol"]]} for row in fields["bind_info"]
            ]
            wanted[rule["where"]["module"], name] = fields
    return wanted


def same(have, want):
    """Whether a value is as wanted; of bind rows only what the playbook says is compared."""
    if isinstance(want, list):
        return len(have) == len(want) and all(
            all(row.get(key) == value for key, value in wish.items())
            for row, wish in zip(have, want)
        )
    return have == want


def difference(process, wanted):
    """What of a process an update overwrites, and the update; None when it needs none."""
    changed = {key: value for key, value in wanted.items() if not same(process[key], value)}
    if not changed:
        return None
    update = {"bk_process_id": process["bk_process_id"], "bind_info": process["bind_info"]}
    return {key: process[key] for key in {**update, **changed}}, {**update, **changed}


def make_sure(platform, business, processes):
    """Raises when processes are not as they should be."""
    rows = platform.call(
        "list_process_detail_by_ids",
        bk_biz_id=business,
        bk_process_ids=[process["bk_process_id"] for process in processes],
        fields=sorted({key for process in processes for key in process}),
    )
    found = {row["bk_process_id"]: row for row in rows}
    for process in processes:
        row = found[process["bk_process_id"]]
        if not all(same(row[key], value) for key, value in process.items()):
            raise RuntimeError(f"somebody else changes {row['bk_process_id']}")


def write(platform, business, differences):
    """Makes some updates, if processes are still as they were."""
    updates = [update for _, update in differences]
    make_sure(platform, business, [overwritten for overwritten, _ in differences])
    platform.call("update_process_instance", bk_biz_id=business, processes=updates)
    make_sure(platform, business, updates)


def main(url, path, _width):
    with open(path, encoding="utf-8") as file:
        wanted = wanted_of(json.load(file))
    platform = Platform(url)
    business = platform.call("search_business")["info"][0]["bk_biz_id"]
    met, start, total, differences = 0, 0, None, []
    while total is None or start < total:
        data = platform.call(
            "list_process_related_info",
            bk_biz_id=business,
            page={"start": start, "limit": PAGE, "sort": "bk_process_id"},
        )
        total = data["count"]
        start += PAGE
        for row in data["info"]:
            process = row["process"]
            wish = wanted[row["module"]["bk_module_name"], process["bk_process_name"]]
            its = difference(process, wish)
            met += 1
            if its:
                differences.append(its)
    for first in range(0, len(differences), BATCH):
        write(platform, business, differences[first : first + BATCH])
    print(met, len(differences))


if __name__ == "__main__":
    main(*sys.argv[1:])
