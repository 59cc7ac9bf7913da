"""What people see: terminals and pages in every state that matters, brought about for real and kept as pictures."""
