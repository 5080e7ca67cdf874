"""Draws the pictures of the README anew: ``python docs/pictures.py``.

The stepper's page is photographed by Chromium (``pip install -e ".[browser]"``).
"""

from pathlib import Path

import numpy as np

import autograd as ag

HERE = Path(__file__).parent

x, y = np.array([[1.0, 2.0, 3.0]]), np.array([[0.0, 1.0]])
W = ag.tensor([[0.1, -0.2], [0.4, 0.3], [-0.5, 0.2]], requires_grad=True)
b = ag.tensor([0.1, -0.1], requires_grad=True)

with ag.Tape() as tape:
    p = ag.softmax(x @ W + b)
    loss = -np.sum(y * np.log(p))
    loss.backward()


def photograph(page: Path, picture: Path, steps: int, theme: str) -> None:
    """The viewer after so many steps, on a "light" or a "dark" page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        size = {"width": 760, "height": 900}  # narrow: it is read beside the drawing
        tab = browser.new_page(viewport=size, device_scale_factor=1.5, color_scheme=theme)
        tab.goto(page.as_uri())
        tab.locator("[data-entry='0']").first.wait_for()
        tab.keyboard.press("Tab")
        for _ in range(steps):
            tab.keyboard.press("ArrowRight")
        tab.wait_for_timeout(1000)
        tab.locator(".tapegrad-stepper").screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    print(tape.draw().save(HERE / "softmax.svg"))
    page = tape.step().save(HERE / "stepper.html")
    photograph(page, HERE / "stepper.png", 15, "light")
    photograph(page, HERE / "stepper-dark.png", 15, "dark")
    page.unlink()
