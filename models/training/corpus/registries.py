"""Source packages by name, through each registry's ordinary client, into a cache folder.

A few roots are named in the packages file; the client resolves what they depend on, and every package it brings is
used. A root that fails is logged and skipped. A root that was brought once is not asked for again.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

log = logging.getLogger("pairs")

CLIENT_SECONDS = 900  # one call of a client; a large dependency tree on a slow line needs minutes
LARGEST_FILE = 400_000  # bytes; larger sources are amalgamations, bundles or tables


@dataclass(frozen=True)
class Package:
    registry: str
    name: str
    place: Path  # a folder, or a zip archive
    repository: str  # whatever the package says of its origin, '' when it says nothing
    licence: str = ""  # likewise

    def files(self, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        """(path inside the package, content) of every source file, in path order."""
        yield from (_zipped if self.place.is_file() else unpacked)(self.place, suffixes)


def _zipped(place: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(place) as archive:
        for entry in sorted(archive.infolist(), key=lambda e: e.filename):
            if entry.filename.endswith(suffixes) and entry.file_size <= LARGEST_FILE:
                yield entry.filename, archive.read(entry)


def unpacked(
    place: Path, suffixes: tuple[str, ...], skipped: tuple[str, ...] = ("node_modules", ".git")
) -> Iterator[tuple[str, bytes]]:
    """(path, content) of a folder's source files, in path order, without folders of the names that are skipped."""
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(f for f in folders if f not in skipped)
        for name in sorted(names):
            file = Path(folder, name)
            if name.endswith(suffixes) and not file.is_symlink() and file.stat().st_size <= LARGEST_FILE:
                yield file.relative_to(place).as_posix(), file.read_bytes()


def cache_folder() -> Path:
    chosen = os.environ.get("ASK_CODEBASE_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "ask-codebase") / "packages"


def _call(command: list[str], cwd: Path, **environment: str) -> str:
    cwd.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=CLIENT_SECONDS
    )
    if done.returncode != 0:
        raise RuntimeError((done.stderr.strip() or done.stdout.strip())[-600:])
    return done.stdout


def _each_root(folder: Path, roots: list[str], bring: Callable[[str, Path], object]) -> list[Path]:
    """Calls bring(root, scratch folder) for each root that has no mark yet; the scratch folders of those that came."""
    came: list[Path] = []
    for root in roots:
        scratch = folder / "roots" / re.sub(r"[^\w.-]+", "_", root)
        mark = scratch / "brought"
        try:
            if not mark.exists():
                scratch.mkdir(parents=True, exist_ok=True)
                bring(root, scratch)
                mark.touch()
                log.info("brought %s", root)
            came.append(scratch)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            log.warning("skipped %s: %s", root, error)
    return came


def pypi(roots: list[str], folder: Path) -> list[Package]:
    """Wheels: the same Python sources as an sdist, and nothing is built or run."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--only-binary", ":all:", "-d", "."]
    brought = _each_root(folder, roots, lambda root, scratch: _call([*pip, root], scratch))
    return [_wheel(place) for scratch in brought for place in sorted(scratch.glob("*.whl"))]


def _wheel(place: Path) -> Package:
    with zipfile.ZipFile(place) as archive:
        metadata = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        head = Parser().parsestr(archive.read(metadata).decode("utf-8", "replace"), headersonly=True)
    links = [head.get("Home-page", ""), *head.get_all("Project-URL", [])]
    licences = [head.get("License-Expression", ""), head.get("License", "")[:80]]
    licences += [c for c in head.get_all("Classifier", []) if c.startswith("License")]
    name = re.sub(r"[-_.]+", "-", head["Name"]).lower()
    return Package("pypi", name, place, " ".join(links), " ".join(licences))


def npm(roots: list[str], folder: Path) -> list[Package]:
    """One throw-away project per root; install scripts never run."""
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--legacy-peer-deps"]

    def bring(root: str, scratch: Path) -> None:
        (scratch / "package.json").write_text('{"private": true}')
        _call([*install, root], scratch)

    manifests = [m for scratch in _each_root(folder, roots, bring) for m in sorted(scratch.rglob("package.json"))]
    return [found for manifest in manifests if (found := _npm_package(manifest))]


def _npm_package(manifest: Path) -> Package | None:
    folder = manifest.parent
    owner = folder.parent.parent if folder.parent.name.startswith("@") else folder.parent
    if owner.name != "node_modules":
        return None
    try:
        about = json.loads(manifest.read_text("utf-8", "replace"))
        links = f"{about.get('repository', '')} {about.get('homepage', '')}"
        return Package("npm", about["name"], folder, links, str(about.get("license", "")))
    except (ValueError, KeyError, AttributeError):
        return None


def crates(roots: list[str], folder: Path) -> list[Package]:
    """One throw-away manifest per root; the target keeps bindings of other systems out."""
    home = folder / "home"

    def bring(root: str, scratch: Path) -> None:
        (scratch / "src").mkdir(exist_ok=True)
        (scratch / "src" / "lib.rs").touch()
        head = '[package]\nname = "throw-away"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n'
        (scratch / "Cargo.toml").write_text(f'{head}{root} = "*"\n[workspace]\n')
        _call(["cargo", "fetch", "--target", "x86_64-unknown-linux-gnu"], scratch, CARGO_HOME=str(home))

    wanted: set[str] = set()
    for scratch in _each_root(folder, roots, bring):
        lock = tomllib.loads((scratch / "Cargo.lock").read_text())
        wanted |= {f"{p['name']}-{p['version']}" for p in lock["package"]}
    places = sorted(home.glob("registry/src/*/*/Cargo.toml"))
    return [_crate(manifest.parent) for manifest in places if manifest.parent.name in wanted]


def _crate(folder: Path) -> Package:
    text = (folder / "Cargo.toml").read_text("utf-8", "replace")
    links = re.findall(r'^(?:repository|homepage)\s*=\s*"([^"]*)"', text, re.M)
    licence = re.search(r'^license\s*=\s*"([^"]*)"', text, re.M)
    name = re.sub(r"-\d+\.\d+\.\d.*$", "", folder.name)
    return Package("crates", name, folder, " ".join(links), licence.group(1) if licence else "")


def go(roots: list[str], folder: Path) -> list[Package]:
    """One throw-away module per root; what its go.mod requires is downloaded too."""
    found: dict[str, Package] = {}
    settings = {"GOMODCACHE": str(folder / "modules"), "GOFLAGS": "-modcacherw -mod=mod", "GOTOOLCHAIN": "local"}

    def bring(root: str, scratch: Path) -> None:
        if not (scratch / "go.mod").exists():
            _call(["go", "mod", "init", "throw.away/root"], scratch, **settings)
        _call(["go", "get", f"{root}@latest"], scratch, **settings)
        (scratch / "modules.json").write_text(_call(["go", "mod", "download", "-json"], scratch, **settings))

    decoder = json.JSONDecoder()
    for scratch in _each_root(folder, roots, bring):
        text = (scratch / "modules.json").read_text().strip()
        while text:
            module, end = decoder.raw_decode(text)
            text = text[end:].lstrip()
            if "Dir" in module:
                found[module["Path"]] = Package("go", module["Path"], Path(module["Dir"]), module["Path"])
    return [found[name] for name in sorted(found)]


def maven(roots: list[str], folder: Path) -> list[Package]:
    """Roots are group:artifact:version; the source jars of the root and of its runtime dependencies."""
    copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-Dclassifier=sources", "-DincludeScope=runtime"]
    copy += ["-Dmdep.useRepositoryLayout=true", "-Dmdep.failOnMissingClassifierArtifact=false"]
    copy += ["-DoutputDirectory=jars", f"-Dmaven.repo.local={folder / 'repository'}"]

    def bring(root: str, scratch: Path) -> None:
        group, artifact, version = root.split(":")
        wanted = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>"
        own = "<modelVersion>4.0.0</modelVersion><groupId>throw.away</groupId><artifactId>root</artifactId>"
        needs = f"<dependencies><dependency>{wanted}</dependency></dependencies>"
        (scratch / "pom.xml").write_text(f"<project>{own}<version>0</version>{needs}</project>")
        _call(copy, scratch)

    found: list[Package] = []
    for scratch in _each_root(folder, roots, bring):
        jars = scratch / "jars"
        for place in sorted(jars.rglob("*-sources.jar")):
            *group, artifact, _version, _file = place.relative_to(jars).parts
            name = f"{'.'.join(group)}:{artifact}"
            found.append(Package("maven", name, place, name))
    return found


CLIENTS: dict[str, Callable[[list[str], Path], list[Package]]] = {
    "pypi": pypi,
    "npm": npm,
    "crates": crates,
    "go": go,
    "maven": maven,
}


def bring_all(roots: dict[str, list[str]], cache: Path) -> list[Package]:
    """Every package of every registry, one per (registry, name), in a fixed order."""
    found: dict[tuple[str, str], Package] = {}
    for registry, client in CLIENTS.items():
        for package in client(roots.get(registry, []), cache / registry):
            found.setdefault((registry, package.name), package)
    return list(found.values())


def cloned(argument: str, folder: Path) -> Package:
    """
    owner/name=GITDIR: the files of a clone's HEAD, for languages whose registries hold no sources (C#) or are seldom at
    hand (PHP, Ruby).
    """
    name, _, place = argument.partition("=")
    out = folder / re.sub(r"[^\w.-]+", "_", name)
    if not out.exists():
        half = out.with_name(out.name + ".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        archive = subprocess.run(
            ["git", "--git-dir", place, "archive", "HEAD"], capture_output=True, check=True, timeout=CLIENT_SECONDS
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(half, filter="data")
        half.rename(out)
    licences = sorted(
        file for file in out.glob("*") if re.match(r"licen[cs]e|copying", file.name, re.I) and file.is_file()
    )
    licence = " ".join(licences[0].read_text("utf-8", "replace")[:160].split()) if licences else ""
    return Package("git", name, out, f"https://github.com/{name}", licence)
