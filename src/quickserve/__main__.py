from quickserve.cli import main

main()
