;;; rhapsode.el --- Play Rhapsode from Emacs -*- lexical-binding: t -*-

;; SPDX-License-Identifier: MIT OR Apache-2.0
;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: multimedia, languages

;;; Commentary:

;; Sends a region, a paragraph or the buffer to the newest running session by `rhapsode eval', and marks
;; what is wrong with it.  Switch `rhapsode-mode' on in a buffer of a script.

;;; Code:

(require 'let-alist)
(require 'subr-x)

(defgroup rhapsode nil "Live coding of music." :group 'multimedia)

(defcustom rhapsode-program "rhapsode" "The program." :type 'string)

(defcustom rhapsode-quant nil
  "When code is heard: \"bar\", \"now\", or beats; nil for the session's own."
  :type '(choice (const nil) string))

(defface rhapsode-error '((t :underline (:style wave :color "red"))) "What is wrong.")

(defun rhapsode--forget ()
  "Take the marks of errors away."
  (remove-overlays (point-min) (point-max) 'rhapsode t))

(defun rhapsode--point (line column)
  "The position of LINE and COLUMN, both from 1."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (1- line))
      (min (line-end-position) (+ (point) (1- column))))))

(defun rhapsode--mark (problem)
  "Mark PROBLEM in this buffer, if it stands in its file; return what to say."
  (let-alist problem
    (let ((text (if .hint (format "%s (%s)" .message .hint) .message)))
      (when (and .span (equal .file buffer-file-name))
        (let* ((begin (rhapsode--point .span.line .span.column))
               (end (rhapsode--point .span.end_line .span.end_column))
               (mark (make-overlay begin (max end (1+ begin)))))
          (overlay-put mark 'rhapsode t)
          (overlay-put mark 'face 'rhapsode-error)
          (overlay-put mark 'help-echo text))
        (setq text (format "%d:%d: %s" .span.line .span.column text)))
      text)))

(defun rhapsode--show (buffer output)
  "Show what came back, OUTPUT, for BUFFER."
  (let ((answer (ignore-errors
                  (json-parse-string output :object-type 'alist :array-type 'list :null-object nil))))
    (with-current-buffer (if (buffer-live-p buffer) buffer (current-buffer))
      (rhapsode--forget)
      (let* ((problems (or (alist-get 'diagnostics answer)
                           ;; The session could not be reached.
                           (and (alist-get 'message answer) (list answer))))
             (told (mapcar #'rhapsode--mark problems)))
        (message "Rhapsode: %s"
                 (cond (told (string-join told "\n"))
                       (answer (or (alist-get 'text answer) "done"))
                       (t (string-trim output))))))))

(defun rhapsode--send (code line)
  "Send CODE, which begins at LINE of the file; answers come when they come."
  (let* ((buffer (current-buffer))
         (process-connection-type nil)
         (process
          (make-process
           :name "rhapsode"
           :buffer (generate-new-buffer " *rhapsode*")
           :command (append (list rhapsode-program "eval" "-" "--json" "--line" (number-to-string line))
                            (and buffer-file-name (list "--name" buffer-file-name))
                            (and rhapsode-quant (list "--quant" rhapsode-quant)))
           :coding 'utf-8
           :sentinel
           (lambda (process _)
             (unless (process-live-p process)
               (let ((output (with-current-buffer (process-buffer process) (buffer-string))))
                 (kill-buffer (process-buffer process))
                 (rhapsode--show buffer output)))))))
    (process-send-string process code)
    (process-send-eof process)
    process))

(defun rhapsode-send-region (begin end)
  "Play what is between BEGIN and END, in whole lines."
  (interactive "r")
  (save-excursion
    (let ((begin (progn (goto-char begin) (line-beginning-position)))
          (end (progn (goto-char end) (if (bolp) end (line-end-position)))))
      (rhapsode--send (buffer-substring-no-properties begin end) (line-number-at-pos begin t)))))

(defun rhapsode-send-paragraph ()
  "Play the lines around point up to the next empty ones."
  (interactive)
  (let ((blank "^[[:blank:]]*$"))
    (save-excursion
      (end-of-line)
      (let ((begin (if (re-search-backward blank nil t) (line-beginning-position 2) (point-min))))
        (goto-char begin)
        (rhapsode-send-region begin (if (re-search-forward blank nil t) (match-beginning 0) (point-max)))))))

(defun rhapsode-send-buffer ()
  "Play the buffer."
  (interactive)
  (rhapsode-send-region (point-min) (point-max)))

(defun rhapsode-hush ()
  "Mute all tracks; tails ring."
  (interactive)
  (rhapsode--send "hush()" 1))

(defun rhapsode-panic ()
  "Silence at once."
  (interactive)
  (rhapsode--send "panic()" 1))

(defvar rhapsode-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'rhapsode-send-paragraph)
    (define-key map (kbd "C-c C-r") #'rhapsode-send-region)
    (define-key map (kbd "C-c C-b") #'rhapsode-send-buffer)
    (define-key map (kbd "C-c C-h") #'rhapsode-hush)
    (define-key map (kbd "C-c C-k") #'rhapsode-panic)
    map)
  "Keys of `rhapsode-mode'.")

;;;###autoload
(define-minor-mode rhapsode-mode
  "Send code to a running Rhapsode session."
  :lighter " ♪"
  (unless rhapsode-mode (rhapsode--forget)))

(provide 'rhapsode)
;;; rhapsode.el ends here
