"""What tests make: small faithful collections, a museum on this computer, damaged copies, a book to render."""
