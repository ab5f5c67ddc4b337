;;; emacs.el --- Plays paragraphs of the song and prints what was seen -*- lexical-binding: t -*-

(require 'rhapsode)
(setq rhapsode-program (getenv "RHAPSODE"))
(set-language-environment "UTF-8")
(find-file (getenv "SONG"))
(rhapsode-mode 1)

(defvar said nil)
(advice-add 'message :before
            (lambda (form &rest rest) (when form (setq said (apply #'format form rest)))))

(defun play (line)
  "Play the paragraph of LINE and wait for what comes of it."
  (goto-char (point-min))
  (forward-line (1- line))
  (setq said nil)
  (let ((process (rhapsode-send-paragraph)))
    (while (or (process-live-p process) (null said))
      (accept-process-output nil 0.05))))

(let (seen)
  (play 3)
  (let ((mark (car (overlays-in (point-min) (point-max)))))
    (push (cons 'marked (and mark (buffer-substring (overlay-start mark) (overlay-end mark)))) seen))
  (push (cons 'said said) seen)
  (play 6)
  (push (cons 'right said) seen)
  (push (cons 'marks (length (overlays-in (point-min) (point-max)))) seen)
  (send-string-to-terminal (format "\n%s\n" (json-serialize seen))))
