"""Pages for people, served by the API process: plain HTML, style sheets and ES modules, from nowhere else."""
