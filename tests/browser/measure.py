"""Time and memory of hashing in the browsers: `python -m tests.browser.measure`. Figures for docs/page.md."""

import tempfile
from pathlib import Path
from statistics import median

from tests.browser import corpus, scenarios
from tests.support.page_server import serving

TIMES = 5
KINDS = {"12mp.jpg": ("12mp", "JPEG"), "12mp.png": ("12mp", "PNG"), "48mp.jpg": ("48mp", "JPEG")}


def main() -> None:
    """Print a line for each browser and file."""
    with tempfile.TemporaryDirectory() as folder:
        site = scenarios.build(Path(folder, "site"), page="hasher_page")
        for name, (size, kind) in KINDS.items():
            Path(folder, name).write_bytes(corpus.encoded(corpus.picture(1, corpus.LARGE[size]), kind))
        Path(folder, "12mp.heic").write_bytes(corpus.heic(corpus.picture(1, corpus.LARGE["12mp"])))
        print("browser   file       ms   slowest  page held up  MB idle  MB peak")
        with serving(site) as url:
            for browser in scenarios.BROWSERS:
                for name in [*KINDS, "12mp.heic"]:
                    seen = scenarios.run("measure", browser, url, file=str(Path(folder, name)), times=TIMES)
                    spent = [run["milliseconds"] for run in seen["runs"]]
                    longest = max(run["longest"] for run in seen["runs"])
                    print(
                        f"{browser:9} {name:9} {median(spent):5.0f} {max(spent):9.0f} {longest:13.0f} "
                        f"{seen['idle']:8} {seen['peak']:8}"
                    )


if __name__ == "__main__":
    main()
