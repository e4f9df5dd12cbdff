"""The options of programs that start servers: those that change nothing of what is started.

One that is in no list here is refused: its value, or the word behind it, could be the package.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NPM_VERBS: Final = {"npm": ("exec", "x"), "pnpm": ("dlx",), "yarn": ("dlx",), "bun": ("x",)}
"""What stands before the package, where a program does other things too."""

NPM_LOCAL: Final = _words("start restart test run run-script")
"""With these npm runs a script of the folder it is started in; all else may fetch."""

NPM_FETCHES: Final = _words("init create add install i dlx x global up update upgrade")
"""With these pnpm, yarn and bun fetch; other words may be scripts of their folder."""

NPM_FLAGS: Final = _words(
    """-y --yes --no --no-install -q --quiet -s --silent --verbose --prefer-offline --offline
    --ignore-existing --bun"""
)
UVX_FLAGS: Final = _words(
    """-q --quiet -v --verbose -n --no-cache --offline --isolated --no-progress --no-config
    --native-tls --managed-python --no-managed-python --no-python-downloads --no-env-file"""
)
PIPX_FLAGS: Final = _words("-q --quiet -v --verbose --no-cache --pypackages")

CONTAINER_FLAGS: Final = _words(
    """--interactive --tty --detach --rm --init --privileged --read-only --publish-all --quiet
    --no-healthcheck --oom-kill-disable --sig-proxy --disable-content-trust --replace --no-hosts
    --rmi --tls-verify --env-host --http-proxy"""
)
CONTAINER_VALUES: Final = _words(
    """--add-host --annotation --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop
    --cgroup-parent --cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime
    --cpu-shares --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --device-cgroup-rule
    --device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns --dns-option
    --dns-search --domainname --entrypoint --env --env-file --expose --gpus --group-add
    --health-cmd --health-interval --health-retries --health-start-period --health-timeout
    --hostname --ip --ip6 --ipc --isolation --label --label-file --link --link-local-ip
    --log-driver --log-opt --mac-address --memory --memory-reservation --memory-swap
    --memory-swappiness --mount --name --network --network-alias --oom-score-adj --pid --pids-limit
    --platform --publish --pull --restart --runtime --secret --security-opt --shm-size
    --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs --ulimit --user --userns --uts
    --volume --volume-driver --volumes-from --workdir"""
)
